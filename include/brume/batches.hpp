#pragma once

#include <cstdint>
#include <vector>

#include "brume/local_program.hpp"

namespace brume {

/// Deals a device's rows into batches: every epoch in a new order, the last batch of an epoch may be smaller.
class Batches {
 public:
  Batches(std::size_t rows, const TrainingPlan& plan, Stream stream);

  /// The next batch, valid until the next call; empty when the plan is done.
  Batch next();

 private:
  std::vector<std::uint32_t> order_;
  std::size_t batch_size_;
  std::uint64_t steps_left_;
  std::size_t at_;
  Stream stream_;
};

}  // namespace brume
