#include "brume/batches.hpp"

#include <algorithm>
#include <numeric>

namespace brume {

Batches::Batches(std::size_t rows, const TrainingPlan& plan, Stream stream)
    : order_(rows),
      batch_size_(static_cast<std::size_t>(plan.batch_size)),
      steps_left_(rows == 0 ? 0 : plan.steps_for(rows)),
      at_(rows),
      stream_(stream) {
  std::iota(order_.begin(), order_.end(), 0U);
}

Batch Batches::next() {
  if (steps_left_ == 0) return {};
  --steps_left_;
  if (at_ == order_.size()) {
    stream_.shuffle(std::span(order_));
    at_ = 0;
  }
  const std::size_t count = std::min(batch_size_, order_.size() - at_);
  const Batch batch(order_.data() + at_, count);
  at_ += count;
  return batch;
}

}  // namespace brume
