#pragma once

#include <cstdint>
#include <span>

#include "brume/data.hpp"
#include "brume/local_program.hpp"

namespace brume::learning {

/// Examples as they lie in memory, row after row.
struct BatchView {
  const float* features = nullptr;
  const std::int32_t* labels = nullptr;
  const float* targets = nullptr;  ///< of a regression
  std::int64_t count = 0;
};

/// What a model's outputs are judged by: cross-entropy of log-probabilities, a loss of numbers, or the squared error of
/// a reconstruction, mean over its elements.
class Objective {
 public:
  Objective(const DataShape& shape, const LossFunction& loss);
  bool classifies() const { return task_ == LearningTask::classification; }
  std::size_t outputs() const { return outputs_; }

  /// Of one row of outputs, the batch's i-th.
  double row_loss(std::span<const float> row, const BatchView& batch, std::int64_t i) const;
  double mean_loss(std::span<const float> outputs, const BatchView& batch) const;
  /// Turns outputs into the gradient of their mean loss; a classification's outputs must be probabilities here, and
  /// the gradient is at what they are the softmax of.
  void to_gradient(std::span<float> outputs, const BatchView& batch) const;

 private:
  double number_loss(double error) const;      // of target − output
  double number_gradient(double error) const;  // at the output
  LearningTask task_;
  std::size_t outputs_;
  LossFunction loss_;
};

}  // namespace brume::learning
