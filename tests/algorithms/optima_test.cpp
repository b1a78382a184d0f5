// Where algorithms converge on quadratics whose optima are known in closed form, and single steps by hand.
#include <array>
#include <cmath>

#include "tests/algorithms/world.hpp"

namespace brume::algorithms {
namespace {

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

}  // namespace
}  // namespace brume::algorithms
