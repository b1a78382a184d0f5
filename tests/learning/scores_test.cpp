#include "learning/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace brume::learning {
namespace {

Metrics score(const DataShape& shape, const std::vector<float>& outputs, const std::vector<std::int32_t>& labels,
              const std::vector<float>& targets, const std::vector<float>& features = {},
              const LossFunction& loss = {}) {
  const Objective objective(shape, loss);
  Scores all(shape, loss);
  const auto width = objective.outputs();
  for (std::size_t i = 0; i < labels.size(); ++i) {  // one by one: parts add up
    Scores part(shape, loss);
    part.add(std::span(outputs).subspan(i * width, width),
             {features.data() + i * width, labels.data() + i, targets.data() + i, 1}, objective);
    all.add(part);
  }
  return all.metrics();
}

TEST(Scores, OfARegressionAreInItsUnit) {
  const DataShape shape{{1}, 0, LearningTask::regression, 0, 0, 10};
  const auto metrics = score(shape, {0, 1, 3}, {0, 0, 0}, {1, 1, 1 + 4}, {}, {LossFunction::Kind::squared, 0.9});
  EXPECT_TRUE(std::isnan(metrics.accuracy));
  EXPECT_NEAR(metrics.loss, 5.0 / 3, 1e-9);
  EXPECT_NEAR(*metrics.find("rmse"), 10 * std::sqrt(5.0 / 3), 1e-9);
  EXPECT_NEAR(*metrics.find("mae"), 10, 1e-9);
  EXPECT_NEAR(*metrics.find("quantile_loss"), 9, 1e-9);  // always too low by 1 on average
  const double mean = 7.0 / 3;
  EXPECT_NEAR(*metrics.find("r2"), 1 - 5 / (2 * (1 - mean) * (1 - mean) + (5 - mean) * (5 - mean)), 1e-9);
  EXPECT_EQ(metrics.headline().name, "rmse");
  EXPECT_FALSE(metrics.find("auc"));
  EXPECT_FALSE(metrics.find("accuracy"));
}

// Scores 4, 3, 3, 2, 1 with anomalies first and one of the ties: of 2 × 3 pairs 5.5 are in order, or half so.
TEST(Scores, OfAReconstructionRankAnomalies) {
  const DataShape shape{{1}, 0, LearningTask::reconstruction};
  const auto metrics = score(shape, {0, 0, 0, 0, 0}, {1, 1, 0, 0, 0}, {0, 0, 0, 0, 0}, {4, 3, 3, 2, 1});
  EXPECT_NEAR(*metrics.find("auc"), 5.5 / 6, 1e-12);
  EXPECT_NEAR(*metrics.find("f1"), 2 * 2 / (2.0 + 3.0), 1e-12);
  EXPECT_NEAR(metrics.loss, (16 + 9 + 9 + 4 + 1) / 5.0, 1e-9);
}

TEST(Scores, ADivergedReconstructionIsScoredAllTheSame) {
  const DataShape shape{{1}, 0, LearningTask::reconstruction};
  const auto metrics = score(shape, {std::nanf(""), std::nanf(""), 0}, {1, 0, 0}, {0, 0, 0}, {1, 1, 1});
  EXPECT_NEAR(*metrics.find("auc"), 0.75, 1e-12);  // one tie, one in order
}

TEST(Scores, WithoutAnomaliesThereIsNothingToRank) {
  const DataShape shape{{1}, 0, LearningTask::reconstruction};
  EXPECT_TRUE(score(shape, {0, 0}, {0, 0}, {0, 0}, {1, 2}).others.empty());
  EXPECT_EQ(score(shape, {0, 0}, {0, 0}, {0, 0}, {1, 2}).headline().name, "loss");
}

}  // namespace
}  // namespace brume::learning
