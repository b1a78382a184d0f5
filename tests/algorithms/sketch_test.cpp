// Majority votes and sketches: what devices send is not the change of their models.
#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/count_sketch.hpp"
#include "algorithms/fetchsgd.hpp"
#include "algorithms/signsgd.hpp"
#include "brume/error.hpp"
#include "brume/random.hpp"

namespace brume::algorithms {
namespace {

LayoutPointer layout_of(std::int64_t size) {
  return std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {size}, TensorRole::trainable}});
}

void step(const Algorithm& algorithm, const std::vector<FloatVector>& sent, Parameters& model, State& state) {
  const auto aggregate = algorithm.aggregate(model.layout_pointer(), ExactFormat::for_contributions(sent.size()));
  for (const auto& values : sent) {
    const auto spec = algorithm.vectors(model.layout_pointer()).front();
    Contribution contribution;
    contribution.vectors.push_back({spec.name, spec.layout, values});
    EXPECT_EQ(aggregate->add(contribution), AddOutcome::added);
  }
  const TakenAggregate taken{0, aggregate.get()};
  algorithm.step({0, sent.size(), std::span(&taken, 1)}, model, state);
}

// Bernstein et al. 2019, algorithm 1: the majority moves each element by η; where votes are even nothing moves.
TEST(SignSgd, MovesAsTheMajorityVotes) {
  State state;
  Parameters model(layout_of(4));
  step(SignSgd(), {{1, 1, -1, 1}, {1, -1, -1, 1}, {1, -1, 1, 1}, {-1, 1, -1, 1}}, model, state);
  EXPECT_EQ(std::vector<float>(model.values().begin(), model.values().end()),
            (std::vector<float>{0.001F, 0, -0.001F, 0.001F}));
  EXPECT_TRUE(state.empty());
}

TEST(SignSgd, RefusesRunningStatistics) {
  const auto layout = std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"w", {2}, TensorRole::trainable}, {"mean", {2}, TensorRole::buffer}});
  EXPECT_THROW(SignSgd().check(layout, {}), RequestError);
  EXPECT_THROW(FetchSgd().check(layout, {}), RequestError);
}

// Charikar et al. 2002: an estimate is off by more than 2‖x‖/√columns with a probability that falls with the rows; for
// one row below ¼ (Chebyshev), for a median of five far less.
TEST(CountSketch, EstimatesWithinItsBound) {
  constexpr std::size_t kElements = 20000;
  constexpr std::size_t kRows = 5;
  constexpr std::size_t kColumns = 500;
  const CountSketch sketch(kRows, kColumns);
  std::vector<float> cells(kRows * kColumns);
  std::vector<float> x(kElements);
  Stream stream(1, Purpose::plugin);
  double square = 0;
  double sum_of_errors = 0;
  for (std::size_t i = 0; i < kElements; ++i) {
    x[i] = static_cast<float>(stream.normal());
    square += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    sketch.add(i, x[i], cells);
  }
  const double bound = 2 * std::sqrt(square / kColumns);
  int beyond = 0;
  for (std::size_t i = 0; i < kElements; ++i) {
    const double error = static_cast<double>(sketch.estimate(i, cells)) - static_cast<double>(x[i]);
    beyond += std::fabs(error) > bound ? 1 : 0;
    sum_of_errors += error;
  }
  EXPECT_LT(beyond, 0.01 * kElements);
  EXPECT_NEAR(sum_of_errors / kElements, 0, 4 * bound / std::sqrt(static_cast<double>(kColumns)));
}

TEST(CountSketch, IsLinearAndForgets) {
  const CountSketch sketch(3, 50);
  std::vector<float> both(150);
  std::vector<float> one(150);
  sketch.add(7, 2, both);
  sketch.add(9, -1, both);
  sketch.add(7, 2, one);
  sketch.add(9, 1, both);
  EXPECT_EQ(both, one);
  sketch.clear(7, both);
  EXPECT_EQ(both, std::vector<float>(150));
}

// A few large elements among small ones are found, and what is not sent stays: the model's change and the error's
// sketch are together what came in, momentum counted.
TEST(FetchSgd, FindsWhatIsLargeAndKeepsTheRest) {
  constexpr std::int64_t kElements = 10000;
  const auto layout = layout_of(kElements);
  const FetchSgd algorithm;  // 5 rows of 1,000 columns, 100 elements a round, at half the rate
  const CountSketch sketch(5, 1000);
  FloatVector sent(5000);
  Stream stream(2, Purpose::plugin);
  for (std::uint64_t i = 0; i < kElements; ++i)
    sketch.add(i, i % 500 == 3 ? 50.0F : 0.02F * static_cast<float>(stream.normal()), sent);
  State state;
  Parameters model(layout);
  step(algorithm, {sent}, model, state);
  for (std::size_t i = 3; i < kElements; i += 500) EXPECT_NEAR(model.values()[i], 25, 2.5);
  std::vector<float> cells = state.vectors.at("error_sketch");
  for (std::size_t i = 0; i < kElements; ++i) sketch.add(i, model.values()[i], cells);
  for (std::size_t i = 0; i < cells.size(); ++i) EXPECT_NEAR(cells[i], sent[i] / 2, 1e-3);
}

}  // namespace
}  // namespace brume::algorithms
