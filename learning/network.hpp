#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "brume/layout.hpp"
#include "learning/layers.hpp"

namespace brume::learning {

/// Examples as they lie in memory, row after row.
struct BatchView {
  const float* features = nullptr;
  const std::int32_t* labels = nullptr;
  std::int64_t count = 0;
};

/// A sequence of layers that runs, forwards and backwards, on LibTorch's kernels. The backward pass is written out for
/// each layer instead of recorded by autograd: for small models recording costs more than the arithmetic. One thread at
/// a time; each worker has its own.
class Network {
 public:
  Network(const std::vector<Layer>& layers, const DataShape& shape, const LayoutPointer& layout);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Mean cross-entropy over the batch; writes its gradient at `parameters` to `gradient`.
  double gradient(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient);
  /// Mean cross-entropy without a gradient.
  double loss(std::span<const float> parameters, const BatchView& batch);
  /// Log-probabilities, count × classes, valid until the next call.
  std::span<const float> log_probabilities(std::span<const float> parameters, const BatchView& batch);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace brume::learning
