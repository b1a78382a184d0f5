#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/fedadagrad.hpp"
#include "algorithms/fedadam.hpp"
#include "algorithms/fedavg.hpp"
#include "algorithms/fedavgm.hpp"
#include "algorithms/fedyogi.hpp"
#include "algorithms/registration.hpp"

namespace brume::algorithms {
namespace {

const LayoutPointer kLayout =
    std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {2}, TensorRole::trainable}});

// What a device that uploads `delta` sends: other vectors begin like it, scalars are 1.
Contribution contribution(const Algorithm& algorithm, double weight, const FloatVector& delta) {
  Contribution result;
  result.weight = weight;
  for (const auto& spec : algorithm.vectors(kLayout)) {
    result.vectors.push_back({spec.name, spec.layout, delta});
    result.vectors.back().values.resize(spec.layout->size());
  }
  for (const auto& name : algorithm.scalars()) result.scalars.push_back({name, 1});
  return result;
}

// Steps `algorithm` with two devices' updates (weights 1 and 3), whose weighted mean is {2.5, −1}.
Parameters step(const Algorithm& algorithm, Parameters model, State& state) {
  const auto aggregate = algorithm.aggregate(kLayout, ExactFormat::for_contributions(2));
  EXPECT_EQ(aggregate->add(contribution(algorithm, 1, {1, 2})), AddOutcome::added);
  EXPECT_EQ(aggregate->add(contribution(algorithm, 3, {3, -2})), AddOutcome::added);
  const TakenAggregate taken{0, aggregate.get()};
  algorithm.step({0, 2, std::span(&taken, 1)}, model, state);
  return model;
}

TEST(FedAvg, AddsTheWeightedMean) {
  State state;
  const auto model = step(FedAvg(), Parameters(kLayout), state);
  EXPECT_EQ(model.values()[0], 2.5F);
  EXPECT_EQ(model.values()[1], -1.0F);
  EXPECT_TRUE(state.empty());
}

// Hsu et al. 2019: v₁ = Δ, v₂ = 0.9Δ + Δ; w₂ = v₁ + v₂ = 2.9Δ.
TEST(FedAvgM, KeepsItsVelocityInTheServersState) {
  State state;
  auto model = step(FedAvgM(), Parameters(kLayout), state);
  model = step(FedAvgM(), model, state);
  EXPECT_FLOAT_EQ(model.values()[0], 2.9F * 2.5F);
  EXPECT_FLOAT_EQ(state.vectors.at("velocity")[1], -1.9F);
}

// Reddi et al. 2021, algorithm 2, by hand: m = 0.1Δ, v = 0.99τ² + 0.01Δ², w = ηm/(√v + τ).
TEST(FedAdam, FollowsThePaper) {
  State state;
  const auto model = step(FedAdam(), Parameters(kLayout), state);
  const double m = 0.1 * 2.5;
  const double v = 0.99 * 1e-6 + 0.01 * 2.5 * 2.5;
  EXPECT_NEAR(model.values()[0], 0.01 * m / (std::sqrt(v) + 1e-3), 1e-7);
}

// v = τ² − 0.01Δ²·sign(τ² − Δ²) = τ² + 0.01Δ² here, then with a small Δ it falls by 0.01Δ².
TEST(FedYogi, FollowsThePaper) {
  State state;
  const auto model = step(FedYogi(), Parameters(kLayout), state);
  const double v = 1e-6 + 0.01 * 2.5 * 2.5;
  EXPECT_NEAR(model.values()[0], 0.01 * 0.25 / (std::sqrt(v) + 1e-3), 1e-7);
  state.vectors.at("second_moment")[0] = 100;
  step(FedYogi(), model, state);
  EXPECT_FLOAT_EQ(state.vectors.at("second_moment")[0], 100 - 0.01F * 6.25F);
}

// v = τ² + Δ², no momentum: w = ηΔ / (√v + τ).
TEST(FedAdagrad, FollowsThePaper) {
  State state;
  auto model = step(FedAdagrad(), Parameters(kLayout), state);
  EXPECT_NEAR(model.values()[0], 0.01 * 2.5 / (std::sqrt(1e-6 + 6.25) + 1e-3), 1e-7);
  step(FedAdagrad(), model, state);
  EXPECT_FLOAT_EQ(state.vectors.at("second_moment")[0], 1e-6F + 12.5F);
}

TEST(Algorithms, KeepNoPrivateState) {
  Registry registry;
  register_algorithms(registry);
  for (const auto& name : registry.names("algorithm")) {
    const auto algorithm = Chosen<Algorithm>::make(registry, name);
    if (name == "fedbn" || name == "fedper" || name == "fedrep") continue;  // need a model with layers to keep
    State first;
    State second;
    const auto a = step(*algorithm, Parameters(kLayout), first);
    const auto b = step(*algorithm, Parameters(kLayout), second);
    EXPECT_EQ(a.digest(), b.digest()) << name;
    EXPECT_EQ(first, second) << name;
  }
}

}  // namespace
}  // namespace brume::algorithms
