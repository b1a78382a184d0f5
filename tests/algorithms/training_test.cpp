// Optimisers, schedules, and what algorithms need of them.
#include <cmath>

#include "tests/algorithms/world.hpp"

namespace brume::algorithms {
namespace {

// Kingma and Ba 2015, algorithm 1: the first step has length η whatever the gradient's.
TEST(Adam, FollowsThePaper) {
  const auto adam = make<Optimizer>("adam", {{"learning_rate", "0.1"}});
  std::vector<float> model{1, 1};
  State memory;
  double m = 0;
  double v = 0;
  double w = 1;
  for (int t = 1; t <= 3; ++t) {
    std::vector<float> gradient{5.0F * static_cast<float>(t), -0.01F};
    m = 0.9 * m + 0.1 * 5 * t;
    v = 0.999 * v + 0.001 * 25 * t * t;
    w -= 0.1 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    adam->step(model, gradient, 1, memory);
    EXPECT_NEAR(model[0], w, 1e-5);
  }
  EXPECT_NEAR(model[1], 1.3, 1e-4);
  EXPECT_FALSE(adam->reach(1));
}

// Loshchilov and Hutter 2019: with no gradient AdamW only shrinks the weights, by 1 − ηλ.
TEST(AdamW, DecaysApartFromTheMoments) {
  const auto adamw = make<Optimizer>("adamw", {{"learning_rate", "0.1"}, {"weight_decay", "0.5"}});
  std::vector<float> model{2};
  std::vector<float> gradient{0};
  State memory;
  adamw->step(model, gradient, 0.5, memory);
  EXPECT_FLOAT_EQ(model[0], 2 * (1 - 0.5F * 0.1F * 0.5F));
}

TEST(Schedules, AreWhatTheyAreNamedFor) {
  EXPECT_EQ(make<Schedule>("constant")->rate(100), 1);
  const auto step = make<Schedule>("step", {{"every", "10"}, {"factor", "0.5"}});
  EXPECT_EQ(step->rate(9), 1);
  EXPECT_EQ(step->rate(10), 0.5);
  EXPECT_EQ(step->rate(25), 0.25);
  EXPECT_NEAR(make<Schedule>("exponential", {{"factor", "0.9"}})->rate(3), 0.729, 1e-12);
  const auto cosine = make<Schedule>("cosine", {{"rounds", "100"}, {"floor", "0.1"}});
  EXPECT_EQ(cosine->rate(0), 1);
  EXPECT_NEAR(cosine->rate(50), 0.55, 1e-12);
  EXPECT_NEAR(cosine->rate(1000), 0.1, 1e-12);
  const auto rising = make<Schedule>("constant", {{"warm_up", "4"}});
  EXPECT_EQ(rising->rate(0), 0.25);
  EXPECT_EQ(rising->rate(3), 1);
}

// A schedule reaches the devices: with rate 0.5 in the second round, the step is half as long.
TEST(Schedules, ChangeTheDevicesSteps) {
  auto with_schedule = plan(1, 0.1);
  with_schedule.schedule = make<Schedule>("step", {{"every", "1"}, {"factor", "0.5"}});
  Quadratics world(algorithm("fedavg"), {{1, {1}, 4, 0}}, with_schedule);
  world.rounds(2);
  EXPECT_NEAR(world.model().values()[0], 0.1 + 0.05 * 0.9, 1e-6);
}

// A schedule that has come to an end: nothing moves, and nothing breaks.
TEST(Schedules, MayReachZero) {
  auto ends = plan(2, 0.1);
  ends.schedule = make<Schedule>("cosine", {{"rounds", "1"}});
  for (const auto* name : {"fedavg", "fednova", "scaffold", "qfedavg", "feddyn", "mifa"}) {
    Quadratics world(algorithm(name), devices(8), ends);
    world.rounds(3);
    for (const float value : world.model().values()) EXPECT_TRUE(std::isfinite(value)) << name;
  }
}

TEST(Needs, AnOptimizerThatSaysHowFarItGoes) {
  auto adam = plan(1, 0.1);
  adam.optimizer = make<Optimizer>("adam");
  const auto layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {1}, TensorRole::trainable}});
  for (const auto* name : {"fednova", "scaffold", "qfedavg"}) {
    EXPECT_THROW(algorithm(name)->check(layout, adam), RequestError) << name;
    EXPECT_NO_THROW(algorithm(name)->check(layout, plan(1, 0.1))) << name;
  }
  EXPECT_THROW(algorithm("apfl", {{"adaptive", "true"}})->check(layout, adam), RequestError);
  auto clipped = plan(1, 0.1);
  clipped.optimizer = make<Optimizer>("sgd", {{"clip_norm", "1"}});
  EXPECT_THROW(algorithm("scaffold")->check(layout, clipped), RequestError);
  EXPECT_THROW(algorithm("fedper")->check(layout, plan(1, 0.1)), RequestError);  // no tensor is called output
  EXPECT_THROW(algorithm("fedper", {{"local_layers", "*"}})->check(layout, plan(1, 0.1)), RequestError);
}

}  // namespace
}  // namespace brume::algorithms
