// Completion times against a simulator that is not ours.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/referees/simgrid.hpp"

namespace brume::sim::testing {
namespace {

ScenarioShape shape_of(std::uint64_t seed) {
  ScenarioShape shape;
  shape.tiers = 1 + static_cast<std::uint32_t>(seed % 2);
  shape.links = seed % 3 == 0 ? 7 : seed % 3 == 1 ? 20 : 50;
  shape.flows = 10 + static_cast<std::uint32_t>(seed * 13 % 291);
  shape.classes = 1 + static_cast<std::uint32_t>(seed * 5 % 23);
  shape.all_at_once = seed % 5 == 0;
  return shape;
}

// The largest difference, in seconds.
double difference(const ScenarioShape& shape, std::uint64_t seed) {
  auto scenario = random_scenario(shape, seed);
  for (auto& arrival : scenario.arrivals) arrival.bits = std::floor(arrival.bits);  // SimGrid counts whole bytes
  FairTree tree(scenario.links, scenario.classes);
  const auto ours = completion_times(tree, scenario.arrivals);
  const auto theirs = run_simgrid(scenario).ends;
  double most = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) most = std::max(most, std::fabs(ours[i] - theirs[i]));
  return most;
}

TEST(SimGrid, TwoHundredTreesAgree) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) ASSERT_LT(difference(shape_of(seed), seed), 1e-6) << "seed " << seed;
}

TEST(SimGrid, ThreeThousandFlowsOverFiftyFogNodesAgree) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    ScenarioShape shape;
    shape.tiers = 1;
    shape.links = 50;
    shape.flows = 3000;
    shape.all_at_once = seed == 0;
    EXPECT_LT(difference(shape, seed), 1e-6) << "seed " << seed;
  }
}

}  // namespace
}  // namespace brume::sim::testing
