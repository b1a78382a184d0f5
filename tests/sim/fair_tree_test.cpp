#include "sim/flows/fair_tree.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "core/archive.hpp"
#include "sim/flows/fair_mesh.hpp"
#include "tests/sim/random_flows.hpp"

namespace brume::sim {
namespace {

using testing::Arrival;
using testing::completion_times;
using testing::random_scenario;
using testing::Scenario;
using testing::ScenarioShape;

constexpr double kUnshared = std::numeric_limits<double>::infinity();

// One link, as many flows as there are classes, all at once.
std::vector<double> rates_on(const SharedLink& link, const std::vector<FlowClass>& classes) {
  FairTree star({{link, 0}}, classes);
  std::vector<FlowNetwork::FlowHandle> flows;
  for (std::uint32_t k = 0; k < classes.size(); ++k) flows.push_back(star.start(0, k, 0, k, 1e6));
  std::vector<double> rates;
  for (const auto flow : flows) rates.push_back(star.rate(flow));
  return rates;
}

TEST(FairTree, ASlowFlowLeavesItsShareToOthers) {
  const auto rates = rates_on({10e6, false}, {{1e6}, {8e6}, {8e6}});
  EXPECT_DOUBLE_EQ(rates[0], 1e6);
  EXPECT_DOUBLE_EQ(rates[1], 4.5e6);
  EXPECT_DOUBLE_EQ(rates[2], 4.5e6);
}

TEST(FairTree, AWeightIsAShareOfAFullLink) {
  const auto rates = rates_on({9e6, false}, {{8e6, 2}, {8e6, 1}});
  EXPECT_DOUBLE_EQ(rates[0], 6e6);
  EXPECT_DOUBLE_EQ(rates[1], 3e6);
}

// Heusse et al., "Performance anomaly of 802.11b", INFOCOM 2003: stations with equal chances to send get equal rates,
// all that of the slow one's making. 1/11 + 1/1 seconds for a megabit of each.
TEST(FairTree, ASlowStationSlowsItsCellDown) {
  const auto rates = rates_on({1, true}, {{11e6, 1, 1 / 11e6}, {1e6, 1, 1 / 1e6}});
  EXPECT_NEAR(rates[0], 1e6 / (1 + 1.0 / 11), 1e-3);
  EXPECT_NEAR(rates[1], rates[0], 1e-6);
}

// With weights as PHY rates each station gets as much time as any other.
TEST(FairTree, WeightsShareACellsTime) {
  const auto rates = rates_on({1, true}, {{11e6, 11e6, 1 / 11e6}, {1e6, 1e6, 1 / 1e6}});
  EXPECT_NEAR(rates[0], 5.5e6, 1e-3);
  EXPECT_NEAR(rates[1], 0.5e6, 1e-3);
}

TEST(FairTree, ALinkIsFullBelowAnotherThatIsNot) {
  FairTree tree({{{10e6, false}, 0}, {{2e6, false}, 0}, {{20e6, false}, 0}}, {{50e6}});
  const auto a = tree.start(0, 0, 1, 0, 1e6);
  const auto b = tree.start(0, 1, 1, 0, 1e6);
  const auto c = tree.start(0, 2, 2, 0, 8e6);
  EXPECT_DOUBLE_EQ(tree.rate(a), 1e6);
  EXPECT_DOUBLE_EQ(tree.rate(b), 1e6);
  EXPECT_DOUBLE_EQ(tree.rate(c), 8e6);
  EXPECT_DOUBLE_EQ(tree.next_completion(), 1);
}

void expect_equal_times(const Scenario& scenario, std::uint64_t seed, double tolerance = 1e-9) {
  std::vector<SharedLink> links;
  for (const auto& link : scenario.links) links.push_back(link.link);
  FairTree tree(scenario.links, scenario.classes);
  FairMesh oracle(links, scenario.routes(), scenario.classes);
  const auto ours = completion_times(tree, scenario.arrivals);
  const auto theirs = completion_times(oracle, scenario.arrivals);
  for (std::size_t i = 0; i < ours.size(); ++i)
    ASSERT_NEAR(ours[i], theirs[i], tolerance) << "seed " << seed << " flow " << i;
}

ScenarioShape shape_of(std::uint64_t seed) {
  ScenarioShape shape;
  shape.tiers = 1 + static_cast<std::uint32_t>(seed % 3);  // with the root 2 to 4 links on a way
  shape.links = 2 + static_cast<std::uint32_t>(seed * 7 % 40);
  shape.flows = 10 + static_cast<std::uint32_t>(seed * 13 % 291);
  shape.classes = 1 + static_cast<std::uint32_t>(seed * 5 % 23);
  shape.weights = seed % 2 == 0;
  shape.cells = seed % 5 < 2;
  shape.all_at_once = seed % 7 == 0;
  shape.enter_anywhere = seed % 4 == 0 && !shape.cells;
  return shape;
}

TEST(FairTree, AThousandRandomTreesEqualProgressiveFilling) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) expect_equal_times(random_scenario(shape_of(seed), seed), seed);
}

// Levels that are equal, links that are exactly full, flows that end together.
TEST(FairTree, TiesEqualProgressiveFilling) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    auto shape = shape_of(seed);
    shape.ties = true;
    shape.weights = false;
    expect_equal_times(random_scenario(shape, seed), seed);
  }
}

// A network that has been idle for a long time is as exact as doubles of that size let hundreds of events be: 10⁷
// seconds (115 days) have 2 ns between two of them.
TEST(FairTree, IsExactAfterALongTime) {
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    for (const double begin : {1e5, 1e7}) {
      auto shape = shape_of(seed);
      shape.begin = begin;
      expect_equal_times(random_scenario(shape, seed), seed, begin == 1e5 ? 2e-8 : 2e-6);
    }
}

// A slow cell beside fast classes whose clocks have run for a year.
TEST(FairTree, ASlowCellIsExactAfterAYear) {
  constexpr double kYear = 365.0 * 86400;
  const std::vector<TreeLink> links{{{kUnshared, false}, 0}, {{50e3, false}, 0}};
  FairTree tree(links, {{10e9}});
  tree.start(0, 0, 0, 0, 1e6);
  tree.complete();
  tree.start(kYear, 1, 1, 0, 50e3);
  tree.start(kYear, 2, 1, 0, 100e3);
  EXPECT_NEAR(tree.next_completion(), kYear + 2, 1e-7);
  tree.complete();
  EXPECT_NEAR(tree.next_completion(), kYear + 3, 1e-7);
}

TEST(FairTree, AnEmptyFlowEndsAtOnce) {
  FairTree star({{{10e6, false}, 0}}, {{8e6}});
  star.start(1, 7, 0, 0, 0);
  EXPECT_EQ(star.next_completion(), 1);
  EXPECT_EQ(star.complete(), 7U);
}

TEST(FairTree, ACancelledFlowLeavesItsRestAndItsRate) {
  FairTree star({{{10e6, false}, 0}}, {{8e6}});
  const auto a = star.start(0, 0, 0, 0, 10e6);
  const auto b = star.start(0, 1, 0, 0, 10e6);
  EXPECT_DOUBLE_EQ(star.cancel(1, a), 5e6);
  EXPECT_DOUBLE_EQ(star.rate(b), 8e6);
  EXPECT_DOUBLE_EQ(star.next_completion(), 1 + 5.0 / 8);
  EXPECT_EQ(star.complete(), 1U);
  EXPECT_EQ(star.next_completion(), FlowNetwork::kNoCompletion);
}

// Put down at any instant and taken up again, it goes on to the bit.
TEST(FairTree, GoesOnFromAnArchive) {
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    const auto scenario = random_scenario(shape_of(seed), seed);
    FairTree whole(scenario.links, scenario.classes);
    FairTree before(scenario.links, scenario.classes);
    const std::size_t half = scenario.arrivals.size() / 2;
    std::vector<std::pair<std::uint64_t, double>> ends;
    std::vector<std::pair<std::uint64_t, double>> resumed_ends;
    const auto run = [](FairTree& tree, std::span<const Arrival> arrivals, std::size_t first, bool to_the_end,
                        std::vector<std::pair<std::uint64_t, double>>& done) {
      for (std::size_t i = 0; i < arrivals.size(); ++i) {
        while (tree.next_completion() <= arrivals[i].at) {
          const double at = tree.next_completion();
          done.emplace_back(tree.complete(), at);
        }
        tree.start(arrivals[i].at, first + i, arrivals[i].route, arrivals[i].flow_class, arrivals[i].bits);
      }
      while (to_the_end && tree.flows() > 0) {
        const double at = tree.next_completion();
        done.emplace_back(tree.complete(), at);
      }
    };
    run(whole, scenario.arrivals, 0, true, ends);
    run(before, std::span(scenario.arrivals).first(half), 0, false, resumed_ends);
    ArchiveWriter writer;
    writer(before);
    const Bytes bytes = writer.take();
    ArchiveReader reader(bytes);
    FairTree after(scenario.links, scenario.classes);
    reader(after);
    run(after, std::span(scenario.arrivals).subspan(half), half, true, resumed_ends);
    ASSERT_EQ(ends, resumed_ends) << seed;
  }
}

TEST(FairTree, RefusesWhatIsNoTree) {
  EXPECT_THROW(FairTree({}, {{1e6}}), RequestError);
  EXPECT_THROW(FairTree({{{0, false}, 0}}, {{1e6}}), RequestError);
  EXPECT_THROW(FairTree({{{-1, false}, 0}}, {{1e6}}), RequestError);
  EXPECT_THROW(FairTree({{{std::nan(""), false}, 0}}, {{1e6}}), RequestError);
  EXPECT_THROW(FairTree({{{1, false}, 0}, {{1, false}, 2}, {{1, false}, 1}}, {{1e6}}), RequestError);
  EXPECT_THROW(FairTree({{{1, true}, 0}, {{1, false}, 0}}, {{1e6}}), RequestError);
  EXPECT_THROW(FairTree({{{1, false}, 0}}, {{kUnshared}}), RequestError);
  EXPECT_THROW(FairTree({{{1, false}, 0}}, {{1e6, 0}}), RequestError);
}

TEST(FairMesh, BothDirectionsShareACell) {
  FairMesh mesh({{1, true}, {4e6, false}}, {{0}, {0, 1}}, {{10e6, 1, 1 / 10e6}});
  const auto up = mesh.start(0, 0, 1, 0, 1e6);
  const auto down = mesh.start(0, 1, 0, 0, 1e6);
  EXPECT_DOUBLE_EQ(mesh.rate(up), 4e6);
  EXPECT_DOUBLE_EQ(mesh.rate(down), 6e6);
}

}  // namespace
}  // namespace brume::sim
