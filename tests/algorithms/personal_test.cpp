// Algorithms in which devices keep models, or layers, of their own.
#include <cmath>

#include "tests/algorithms/world.hpp"

namespace brume::algorithms {
namespace {

TEST(Personal, LayersStayOnTheirDevices) {
  for (const auto* name : {"fedbn", "fedper", "fedrep"}) {
    std::map<std::string, std::string> options;
    if (name == std::string("fedbn")) options["local_layers"] = "output.*";  // the world has no normalisation
    Quadratics world(algorithm(name, options), devices(8, 0), plan(10, 0.1, 8));
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

}  // namespace
}  // namespace brume::algorithms
