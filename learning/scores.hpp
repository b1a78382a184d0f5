#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "brume/training.hpp"
#include "learning/objective.hpp"

namespace brume::learning {

/// What has been counted over some examples; metrics() says what it comes to. Scores of parts add up to those of the
/// whole, in whatever parts it was cut, if they are added in the same order.
class Scores {
 public:
  Scores(const DataShape& shape, const LossFunction& loss);

  /// Counts rows of outputs, one for each example of the batch.
  void add(std::span<const float> outputs, const BatchView& batch, const Objective& objective);
  void add(const Scores& part);

  /// Of a regression: mae, rmse and quantile_loss in the target's own unit, r2. Of a reconstruction whose tests have
  /// anomalies among them: auc, the area under the ROC curve of the row's loss, ties counting half, and f1, the best
  /// over all thresholds.
  Metrics metrics() const;

 private:
  struct Errors {  // of a regression, in units of the target's deviation
    double absolute = 0;
    double squared = 0;
    double quantile = 0;
    double target = 0;
    double target_squared = 0;
  };
  struct Anomaly {
    double score = 0;
    bool is_one = false;
  };
  void add_class(std::span<const float> row, std::int32_t label);
  void add_error(double target, double output);
  void classify(Metrics& metrics) const;
  void measure(Metrics& metrics) const;
  void detect(Metrics& metrics) const;

  LearningTask task_;
  double unit_;
  double level_;
  double loss_ = 0;
  std::uint64_t examples_ = 0;
  std::vector<std::uint64_t> seen_;     // by class
  std::vector<std::uint64_t> correct_;  // by class
  Errors errors_;
  std::vector<Anomaly> rows_;  // of a reconstruction
};

}  // namespace brume::learning
