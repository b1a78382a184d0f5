// What each algorithm falls back to when its own part is switched off.

#include "tests/algorithms/world.hpp"

namespace brume::algorithms {
namespace {

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

}  // namespace
}  // namespace brume::algorithms
