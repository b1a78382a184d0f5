#include "learning/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace brume::learning {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double ratio(double a, double b) { return b == 0 ? kNone : a / b; }

}  // namespace

Scores::Scores(const DataShape& shape, const LossFunction& loss)
    : task_(shape.task), unit_(shape.target_deviation), level_(loss.level) {
  if (task_ != LearningTask::classification) return;
  seen_.resize(static_cast<std::size_t>(shape.classes));
  correct_.resize(seen_.size());
}

void Scores::add_class(std::span<const float> row, std::int32_t label) {
  const auto predicted = static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
  ++seen_[static_cast<std::size_t>(label)];
  if (predicted == label) ++correct_[static_cast<std::size_t>(label)];
}

void Scores::add_error(double target, double output) {
  const double error = target - output;
  errors_.absolute += std::fabs(error);
  errors_.squared += error * error;
  errors_.quantile += error > 0 ? level_ * error : (level_ - 1) * error;
  errors_.target += target;
  errors_.target_squared += target * target;
}

void Scores::add(std::span<const float> outputs, const BatchView& batch, const Objective& objective) {
  const std::size_t width = objective.outputs();
  for (std::int64_t i = 0; i < batch.count; ++i) {
    const auto row = outputs.subspan(static_cast<std::size_t>(i) * width, width);
    const double loss = objective.row_loss(row, batch, i);
    loss_ += loss;
    ++examples_;
    if (task_ == LearningTask::classification) add_class(row, batch.labels[i]);
    if (task_ == LearningTask::regression) add_error(batch.targets[i], row[0]);
    if (task_ == LearningTask::reconstruction)  // what cannot be rebuilt at all is the oddest
      rows_.push_back({std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss, batch.labels[i] != 0});
  }
}

void Scores::add(const Scores& part) {
  const auto sum = [](auto& to, const auto& from) {
    std::transform(to.begin(), to.end(), from.begin(), to.begin(), std::plus<>());
  };
  loss_ += part.loss_;
  examples_ += part.examples_;
  sum(seen_, part.seen_);
  sum(correct_, part.correct_);
  errors_.absolute += part.errors_.absolute;
  errors_.squared += part.errors_.squared;
  errors_.quantile += part.errors_.quantile;
  errors_.target += part.errors_.target;
  errors_.target_squared += part.errors_.target_squared;
  rows_.insert(rows_.end(), part.rows_.begin(), part.rows_.end());
}

Metrics Scores::metrics() const {
  Metrics metrics;
  metrics.examples = examples_;
  if (examples_ == 0) return metrics;
  metrics.loss = loss_ / static_cast<double>(examples_);
  metrics.accuracy = kNone;
  if (task_ == LearningTask::classification) classify(metrics);
  if (task_ == LearningTask::regression) measure(metrics);
  if (task_ == LearningTask::reconstruction) detect(metrics);
  return metrics;
}

void Scores::classify(Metrics& metrics) const {
  const auto right = std::accumulate(correct_.begin(), correct_.end(), std::uint64_t{0});
  metrics.accuracy = static_cast<double>(right) / static_cast<double>(examples_);
  for (std::size_t c = 0; c < seen_.size(); ++c)
    metrics.class_accuracy.push_back(ratio(static_cast<double>(correct_[c]), static_cast<double>(seen_[c])));
}

void Scores::measure(Metrics& metrics) const {
  const auto count = static_cast<double>(examples_);
  const double spread = errors_.target_squared - errors_.target * errors_.target / count;
  metrics.others = {{"rmse", unit_ * std::sqrt(errors_.squared / count)},
                    {"mae", unit_ * errors_.absolute / count},
                    {"r2", spread > 0 ? 1 - errors_.squared / spread : kNone},
                    {"quantile_loss", unit_ * errors_.quantile / count}};
}

// Goes down through the rows from the highest score, equal scores at once.
void Scores::detect(Metrics& metrics) const {
  auto rows = rows_;
  std::sort(rows.begin(), rows.end(), [](const Anomaly& a, const Anomaly& b) { return a.score > b.score; });
  const auto anomalies =
      static_cast<double>(std::count_if(rows.begin(), rows.end(), [](const Anomaly& row) { return row.is_one; }));
  const double others = static_cast<double>(rows.size()) - anomalies;
  if (anomalies == 0 || others == 0) return;
  double found = 0;
  double wrong = 0;
  double area = 0;
  double best = 0;
  for (std::size_t i = 0; i < rows.size();) {
    const double found_before = found;
    const double wrong_before = wrong;
    const double score = rows[i].score;
    for (; i < rows.size() && rows[i].score == score; ++i) ++(rows[i].is_one ? found : wrong);
    area += (wrong - wrong_before) * (found + found_before) / 2;
    best = std::max(best, 2 * found / (found + wrong + anomalies));
  }
  metrics.others = {{"auc", area / (anomalies * others)}, {"f1", best}};
}

}  // namespace brume::learning
