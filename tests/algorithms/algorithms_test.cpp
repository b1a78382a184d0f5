// What defines each algorithm: what it falls back to when its own part is switched off, and where it converges on
// quadratics whose optima are known in closed form.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "algorithms/registration.hpp"
#include "algorithms/schedules.hpp"
#include "algorithms/sgd.hpp"
#include "brume/registry.hpp"
#include "tests/algorithms/quadratics.hpp"
#include "tests/support/set_options.hpp"

namespace brume::algorithms {
namespace {

using testing::QuadraticDevice;
using testing::Quadratics;
using Values = std::map<std::string, std::string>;

template <class T>
std::shared_ptr<T> make(const std::string& name, Values values = {}) {
  Registry registry;
  register_algorithms(registry);
  auto chosen = Chosen<T>::make(registry, name);
  testing::SetOptions options(std::move(values));
  chosen->declare(options);
  EXPECT_EQ(options.wrong, "") << name;
  return chosen.component;
}

std::shared_ptr<const Algorithm> algorithm(const std::string& name, Values values = {}) {
  return make<Algorithm>(name, std::move(values));
}

TrainingPlan plan(std::int64_t steps, double rate, std::int64_t batch = 4) {
  TrainingPlan result;
  result.steps = steps;
  result.batch_size = batch;
  result.optimizer = make<Optimizer>("sgd", {{"learning_rate", std::to_string(rate)}});
  return result;
}

// Three devices that want different things, two of them with different curvature, of different sizes.
std::vector<QuadraticDevice> devices(std::size_t examples = 0, double noise = 0.5) {
  return {{1, {1, 2, -1, 0.5}, examples ? examples : 4, noise},
          {3, {-2, 0, 1, 4}, examples ? examples : 8, noise},
          {0.5, {0, -3, 2, -2}, examples ? examples : 12, noise}};
}

void expect_near(std::span<const float> a, std::span<const float> b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << what << ", element " << i;
}

// Five rounds of mini-batches with partial cohorts.
Parameters five_rounds(const std::shared_ptr<const Algorithm>& one, const std::vector<QuadraticDevice>& fleet) {
  Quadratics world(one, fleet, plan(6, 0.05, 2));
  for (const auto& cohort : std::vector<std::vector<DeviceIndex>>{{0, 1, 2}, {0, 2}, {1, 2}, {0, 1}, {2}})
    world.round(cohort);
  return world.model();
}

struct Reduction {
  std::string name;
  Values values;
  bool equal_weights;
  double tolerance;  // 0: bit for bit
};

class Reduces : public ::testing::TestWithParam<Reduction> {};

TEST_P(Reduces, ToFedAvgWhenItsOwnPartIsOff) {
  const auto& [name, values, equal_weights, tolerance] = GetParam();
  const auto fleet = devices(equal_weights ? 8 : 0);  // where devices count alike, they do so in FedAvg too
  const auto base = five_rounds(algorithm("fedavg"), fleet);
  const auto other = five_rounds(algorithm(name, values), fleet);
  if (tolerance == 0) {
    EXPECT_EQ(base.digest(), other.digest());
  }
  expect_near(base.values(), other.values(), tolerance, name);
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, Reduces,
    ::testing::Values(Reduction{"fedprox", {{"mu", "0"}}, false, 0}, Reduction{"feddyn", {{"alpha", "0"}}, true, 1e-6},
                      Reduction{"fednova", {}, false, 1e-6}, Reduction{"ditto", {{"lambda", "0"}}, false, 0},
                      Reduction{"ditto", {{"lambda", "2"}}, false, 0}, Reduction{"qfedavg", {{"q", "0"}}, true, 1e-6},
                      Reduction{"hierfavg", {{"fog_rounds", "1"}}, false, 0},
                      Reduction{"mimelite", {{"momentum", "0"}}, false, 0},
                      Reduction{"apfl", {{"alpha", "0"}}, false, 0},
                      Reduction{"perfedavg", {{"inner_learning_rate", "0"}}, false, 0},
                      Reduction{"afl", {{"mixture_learning_rate", "0"}}, true, 1e-6},
                      Reduction{"fedavgm", {{"momentum", "0"}}, false, 0}),
    [](const auto& test) {
      return test.param.name + (test.param.values.count("lambda") ? test.param.values.at("lambda") : "");
    });

// Controls are zero in the first round, so it is FedAvg's with equal weights.
TEST(Scaffold, IsFedAvgWhileItsControlsAreZero) {
  Quadratics scaffold(algorithm("scaffold"), devices(8), plan(6, 0.05, 2));
  Quadratics fedavg(algorithm("fedavg"), devices(8), plan(6, 0.05, 2));
  scaffold.round();
  fedavg.round();
  expect_near(scaffold.model().values(), fedavg.model().values(), 1e-6, "scaffold");
}

// Everybody takes part, so every latest update is new.
TEST(Mifa, IsFedAvgWithFullCohorts) {
  Quadratics mifa(algorithm("mifa"), devices(8), plan(6, 0.05, 2));
  Quadratics fedavg(algorithm("fedavg"), devices(8), plan(6, 0.05, 2));
  mifa.rounds(5);
  fedavg.rounds(5);
  expect_near(mifa.model().values(), fedavg.model().values(), 1e-5, "mifa");
}

// Gu et al. 2021: whoever is away counts with its last update; here one device takes part in the first round only.
TEST(Mifa, RemembersWhoIsAway) {
  Quadratics world(algorithm("mifa"), devices(8, 0), plan(1, 0.1, 8));
  world.round();
  const std::vector<float> first(world.model().values().begin(), world.model().values().end());
  world.round({0, 1});
  for (std::size_t j = 0; j < first.size(); ++j) {
    const double away = -0.1 * 0.5 * (0 - devices()[2].optimum[j]);
    const double at0 = -0.1 * 1 * (first[j] - devices()[0].optimum[j]);
    const double at1 = -0.1 * 3 * (first[j] - devices()[1].optimum[j]);
    EXPECT_NEAR(world.model().values()[j], first[j] + (away + at0 + at1) / 3, 1e-6);
  }
}

// One step on all examples: the mean of the devices' steps is the step along the gradient of the whole loss.
TEST(FedAvg, WithOneFullBatchIsCentralSgd) {
  for (const auto* name : {"fedavg", "fedsgd"}) {
    Quadratics world(
        algorithm(name, std::string(name) == "fedsgd" ? Values{{"server_learning_rate", "0.1"}} : Values{}), devices(),
        plan(1, 0.1, 100));
    std::vector<double> central(4);
    for (int round = 0; round < 10; ++round) {
      world.round();
      for (std::size_t j = 0; j < central.size(); ++j) {
        double gradient = 0;
        for (const auto& one : devices())
          gradient += static_cast<double>(one.examples) / 24 * one.curvature * (central[j] - one.optimum[j]);
        central[j] -= 0.1 * gradient;
      }
    }
    for (std::size_t j = 0; j < central.size(); ++j) EXPECT_NEAR(world.model().values()[j], central[j], 1e-6) << name;
  }
}

// K steps of size η on ½a(w − b)² move w by (1 − (1 − ηa)^K)(b − w), so FedAvg stands still at Σ cₖbₖ / Σ cₖ with
// cₖ = 1 − (1 − ηaₖ)^K, which is not the optimum; Karimireddy et al. 2020, §3, call it client drift.
TEST(FedAvg, StallsWhereTheClosedFormSays) {
  const int steps = 10;
  Quadratics fedavg(algorithm("fedavg"), devices(8, 0), plan(steps, 0.1, 8));
  fedavg.rounds(300);
  for (std::size_t j = 0; j < 4; ++j) {
    double numerator = 0;
    double denominator = 0;
    for (const auto& one : devices()) {
      const double c = 1 - std::pow(1 - 0.1 * one.curvature, steps);
      numerator += c * one.optimum[j];
      denominator += c;
    }
    EXPECT_NEAR(fedavg.model().values()[j], numerator / denominator, 1e-4);
  }
}

TEST(Drift, ScaffoldAndFedDynReachTheOptimumWhereFedAvgStalls) {
  const auto loss_of = [](const std::string& name, Values values) {
    Quadratics world(algorithm(name, std::move(values)), devices(8, 0), plan(10, 0.1, 8));
    world.rounds(400);
    return world.loss();
  };
  Quadratics best(algorithm("fedavg"), devices(8, 0), plan(1, 0.1, 8));
  const auto optimum = best.optimum();
  for (std::size_t j = 0; j < 4; ++j) best.model().values()[j] = static_cast<float>(optimum[j]);
  const double least = best.loss();
  const double stalled = loss_of("fedavg", {});
  EXPECT_GT(stalled, 1.05 * least);
  EXPECT_NEAR(loss_of("scaffold", {}), least, 1e-5);
  EXPECT_NEAR(loss_of("feddyn", {{"alpha", "0.5"}}), least, 1e-4);
}

// Wang et al. 2020: where devices make different numbers of steps, FedAvg weighs them by those, FedNova by their data.
TEST(FedNova, TakesTheStepsOutOfTheWeights) {
  const std::vector<QuadraticDevice> fleet{{1, {1, 1}, 4, 0}, {1, {-1, -1}, 40, 0}};
  TrainingPlan epochs = plan(0, 0.001);
  epochs.epochs = 1;  // 1 and 10 steps
  Quadratics fedavg(algorithm("fedavg"), fleet, epochs);
  Quadratics fednova(algorithm("fednova"), fleet, epochs);
  fedavg.rounds(4000);
  fednova.rounds(4000);
  // small steps: FedAvg stands where Σ nₖτₖ(bₖ − w) = 0, FedNova where Σ nₖ(bₖ − w) = 0
  EXPECT_NEAR(fedavg.model().values()[0], (4.0 * 1 - 40.0 * 10) / (4 + 400), 0.01);
  EXPECT_NEAR(fednova.model().values()[0], (4.0 - 40.0) / 44, 0.01);
}

// With q the largest loss counts for more (Li et al. 2020, §3): devices' losses come closer to each other.
TEST(QFedAvg, AndAflServeTheWorstDevice) {
  const std::vector<QuadraticDevice> fleet{{1, {2}, 4, 0}, {1, {0}, 4, 0}, {1, {0}, 4, 0}, {1, {0}, 4, 0}};
  const auto place = [&](const std::string& name, Values values) {
    Quadratics world(algorithm(name, std::move(values)), fleet, plan(2, 0.1));
    world.rounds(600);
    return world.model().values()[0];
  };
  EXPECT_NEAR(place("fedavg", {}), 0.5, 1e-3);
  // q = 1 minimises Σ F²: (2 − w)³ = 3w³, w = 2 / (1 + 3^(1/3))
  EXPECT_NEAR(place("qfedavg", {{"q", "1"}}), 2 / (1 + std::cbrt(3.0)), 0.02);
  // the worst mixture's loss is least where all losses are alike
  EXPECT_NEAR(place("afl", {{"mixture_learning_rate", "0.3"}}), 1.0, 0.05);
}

// Jhunjhunwala et al. 2023, algorithm 1, by hand: Δ = (2, 0) and (0, 2), mean (1, 1): η = 4 / (2(2 + ε)).
TEST(FedExp, ExtrapolatesWhereUpdatesDisagree) {
  const std::vector<QuadraticDevice> fleet{{1, {4, 0}, 4, 0}, {1, {0, 4}, 4, 0}, {1, {-4, 0}, 4, 0}};
  Quadratics world(algorithm("fedexp", {{"epsilon", "0.001"}}), fleet, plan(1, 0.5));
  world.round();
  const double square = 4.0 / 9;  // the mean update is (0, 2/3), each has length 2
  const double rate = 4 / (2 * (square + 0.001));
  EXPECT_NEAR(world.columns()[1].value, rate, 1e-5);
  EXPECT_NEAR(world.model().values()[1], rate * 2 / 3, 1e-5);
  EXPECT_NEAR(world.model().values()[0], 0, 1e-6);
}

// Karimireddy et al. 2021, algorithm 1 with SGDm, by hand on one device: y ← y − η((1 − β)∇f(y) + βm).
TEST(MimeLite, StepsAlongTheServersMomentum) {
  Quadratics world(algorithm("mimelite", {{"momentum", "0.5"}}), {{2, {3}, 4, 0}}, plan(2, 0.1));
  double w = 0;
  double momentum = 0;
  for (int round = 0; round < 3; ++round) {
    double y = w;
    for (int k = 0; k < 2; ++k) y -= 0.1 * (0.5 * 2 * (y - 3) + 0.5 * momentum);
    momentum = 0.5 * 2 * (w - 3) + 0.5 * momentum;
    w = y;
    world.round();
    EXPECT_NEAR(world.model().values()[0], w, 1e-6);
  }
}

// Acar et al. 2021, algorithm 1, by hand on two devices, one step each.
TEST(FedDyn, FollowsThePaper) {
  Quadratics world(algorithm("feddyn", {{"alpha", "0.5"}}), {{1, {1}, 4, 0}, {1, {5}, 4, 0}}, plan(1, 0.1));
  double theta = 0;
  double h = 0;
  std::array<double, 2> g{};
  const std::array<double, 2> b{1, 5};
  for (int round = 0; round < 5; ++round) {
    std::array<double, 2> local{};
    for (std::size_t k = 0; k < 2; ++k) {
      local[k] = theta - 0.1 * ((theta - b[k]) - g[k]);
      g[k] -= 0.5 * (local[k] - theta);
    }
    h -= 0.5 / 2 * (local[0] - theta + local[1] - theta);
    theta = (local[0] + local[1]) / 2 - h / 0.5;
    world.round();
    EXPECT_NEAR(world.model().values()[0], theta, 1e-5);
  }
}

TEST(Personal, LayersStayOnTheirDevices) {
  for (const auto* name : {"fedper", "fedrep", "fedbn"}) {
    const Values values = std::string(name) == "fedbn" ? Values{{"local_layers", "output.*"}} : Values{};
    Quadratics world(algorithm(name, values), devices(8, 0), plan(10, 0.1, 8));
    world.rounds(200);
    for (DeviceIndex device = 0; device < 3; ++device) {
      const auto personal = world.personal(device);
      for (std::size_t j = 0; j < 2; ++j) EXPECT_EQ(personal[j], world.model().values()[j]) << name;
      for (std::size_t j = 2; j < 4; ++j) EXPECT_NEAR(personal[j], devices()[device].optimum[j], 1e-3) << name;
    }
    EXPECT_EQ(world.model().values()[2], 0) << name;  // nobody sent it anything
  }
}

// λ = 0: a device's own model is trained on its own data alone; λ large: it stays at the shared one.
TEST(Ditto, LambdaTiesAModelToTheSharedOne) {
  for (const auto& [lambda, expected] : {std::pair{"0", 1.0}, std::pair{"1", 0.5}}) {
    Quadratics world(algorithm("ditto", {{"lambda", lambda}}), {{1, {1}, 4, 0}, {1, {-1}, 4, 0}}, plan(10, 0.1));
    world.rounds(60);
    EXPECT_NEAR(world.model().values()[0], 0, 1e-4);
    // argmin ½(v − 1)² + λ/2·v²
    EXPECT_NEAR(world.personal(0)[0], expected, 1e-3) << lambda;
  }
}

TEST(LocalOnly, SharesNothing) {
  Quadratics world(algorithm("local_only"), devices(8, 0), plan(10, 0.1, 8));
  world.rounds(60);
  for (DeviceIndex device = 0; device < 3; ++device)
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_NEAR(world.personal(device)[j], devices()[device].optimum[j], 1e-2);
      EXPECT_EQ(world.model().values()[j], 0);
    }
}

// Fallah et al. 2020, equation 3: F(w) = Σ f(w − α∇f(w)), on quadratics Σ ½a(1 − αa)²(w − b)².
TEST(PerFedAvg, FindsTheModelThatAStepAdaptsBest) {
  for (const auto* hessian : {"difference", "none"}) {
    const std::vector<QuadraticDevice> fleet{{1, {1}, 4, 0}, {3, {-1}, 4, 0}};
    Quadratics world(algorithm("perfedavg", {{"inner_learning_rate", "0.2"}, {"hessian", hessian}}), fleet,
                     plan(1, 0.1));
    world.rounds(500);
    const double power = std::string(hessian) == "none" ? 1 : 2;  // without ∇² a factor (1 − αa) is missing
    const double first = std::pow(1 - 0.2, power);
    const double second = 3 * std::pow(1 - 0.6, power);
    EXPECT_NEAR(world.model().values()[0], (first - second) / (first + second), 1e-3) << hessian;
    EXPECT_NEAR(world.personal(1)[0], world.model().values()[0] - 0.2 * 3 * (world.model().values()[0] + 1), 1e-5);
  }
}

TEST(Apfl, MixesAndAdaptsItsShare) {
  const std::vector<QuadraticDevice> fleet{{1, {1}, 4, 0}, {1, {-1}, 4, 0}};
  Quadratics fixed(algorithm("apfl", {{"alpha", "0.5"}}), fleet, plan(1, 0.1));
  fixed.rounds(400);
  EXPECT_NEAR(fixed.model().values()[0], 0, 1e-4);
  EXPECT_NEAR(fixed.personal(0)[0], 1, 1e-2);  // the mixture is what is trained
  Quadratics adaptive(algorithm("apfl", {{"alpha", "0.1"}, {"adaptive", "true"}}), fleet, plan(10, 0.1));
  adaptive.rounds(30);
  EXPECT_GT(adaptive.state(0).vectors.at("alpha")[0], 0.2F);  // its own model serves it better
}

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

TEST(Needs, AnOptimizerThatSaysHowFarItGoes) {
  auto adam = plan(1, 0.1);
  adam.optimizer = make<Optimizer>("adam");
  const auto layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {1}, TensorRole::trainable}});
  for (const auto* name : {"fednova", "scaffold", "qfedavg"}) {
    EXPECT_THROW(algorithm(name)->check(layout, adam), RequestError) << name;
    EXPECT_NO_THROW(algorithm(name)->check(layout, plan(1, 0.1))) << name;
  }
  EXPECT_THROW(algorithm("fedper")->check(layout, plan(1, 0.1)), RequestError);  // no tensor is called output
  EXPECT_THROW(algorithm("fedper", {{"local_layers", "*"}})->check(layout, plan(1, 0.1)), RequestError);
}

}  // namespace
}  // namespace brume::algorithms
