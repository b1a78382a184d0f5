#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace brume::bench {

/// The work of a federation without a federation: what a person would write with LibTorch's modules, autograd and a
/// thread pool. The floor that overhead is measured against.
struct BareWork {
  std::string model;                ///< "mlp" (features-hidden-classes), "logistic" or "cnn_small"
  std::vector<std::int64_t> shape;  ///< of one example
  std::int64_t hidden = 32;
  std::int64_t classes = 10;
  std::int64_t devices = 1000;
  std::int64_t samples = 60;  ///< of each device
  std::int64_t cohort = 100;
  std::int64_t batch = 10;
  double learning_rate = 0.1;
  std::int64_t test_examples = 0;
  std::int64_t evaluate_every = 0;  ///< 0: never
};

/// Wall seconds for `rounds` rounds after one to warm up, on `threads` threads, over random data of the right shapes.
double run_bare_loop(const BareWork& work, int rounds, int threads);

}  // namespace brume::bench
