#include "learning/objective.hpp"

#include <cmath>

namespace brume::learning {

Objective::Objective(const DataShape& shape, const LossFunction& loss)
    : task_(shape.task), outputs_(static_cast<std::size_t>(shape.outputs())), loss_(loss) {}

double Objective::number_loss(double error) const {
  switch (loss_.kind) {
    case LossFunction::Kind::squared:
      return error * error;
    case LossFunction::Kind::absolute:
      return std::fabs(error);
    case LossFunction::Kind::quantile:
      break;
  }
  return error > 0 ? loss_.level * error : (loss_.level - 1) * error;
}

double Objective::number_gradient(double error) const {
  switch (loss_.kind) {
    case LossFunction::Kind::squared:
      return -2 * error;
    case LossFunction::Kind::absolute:
      return error > 0 ? -1 : error < 0 ? 1 : 0;
    case LossFunction::Kind::quantile:
      break;
  }
  return error > 0 ? -loss_.level : error < 0 ? 1 - loss_.level : 0;
}

double Objective::row_loss(std::span<const float> row, const BatchView& batch, std::int64_t i) const {
  if (task_ == LearningTask::classification) return -row[static_cast<std::size_t>(batch.labels[i])];
  if (task_ == LearningTask::regression) return number_loss(double{batch.targets[i]} - row[0]);
  const float* example = batch.features + i * static_cast<std::int64_t>(outputs_);
  double sum = 0;
  for (std::size_t k = 0; k < outputs_; ++k) sum += std::pow(double{example[k]} - row[k], 2);
  return sum / static_cast<double>(outputs_);
}

double Objective::mean_loss(std::span<const float> outputs, const BatchView& batch) const {
  double sum = 0;
  for (std::int64_t i = 0; i < batch.count; ++i)
    sum += row_loss(outputs.subspan(static_cast<std::size_t>(i) * outputs_, outputs_), batch, i);
  return sum / static_cast<double>(batch.count);
}

void Objective::to_gradient(std::span<float> outputs, const BatchView& batch) const {
  const float share = 1.0F / static_cast<float>(batch.count);
  for (std::int64_t i = 0; i < batch.count; ++i) {
    const auto row = outputs.subspan(static_cast<std::size_t>(i) * outputs_, outputs_);
    if (task_ == LearningTask::classification) {  // softmax − one-hot
      row[static_cast<std::size_t>(batch.labels[i])] -= 1.0F;
      for (float& element : row) element *= share;
    } else if (task_ == LearningTask::regression) {
      row[0] = static_cast<float>(number_gradient(double{batch.targets[i]} - row[0])) * share;
    } else {
      const float* example = batch.features + i * static_cast<std::int64_t>(outputs_);
      const float each = 2 * share / static_cast<float>(outputs_);
      for (std::size_t k = 0; k < outputs_; ++k) row[k] = (row[k] - example[k]) * each;
    }
  }
}

}  // namespace brume::learning
