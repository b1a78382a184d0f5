// The network's speed as ratios in one run: against SimGrid on a star, against sorting for a million flows.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "tests/sim/random_flows.hpp"
#if BRUME_WITH_SIMGRID
#include "tests/referees/simgrid.hpp"
#endif

namespace {

using namespace brume;
using namespace brume::sim;

template <class Work>
double seconds(Work work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

// Flows with the caps of eight link presets, all at once or over time.
testing::Scenario scenario_of(std::uint32_t links, std::uint32_t flows, bool all_at_once) {
  testing::ScenarioShape shape;
  shape.tiers = links > 0 ? 1 : 0;
  shape.links = links;
  shape.flows = flows;
  shape.all_at_once = all_at_once;
  auto scenario = testing::random_scenario(shape, 1);
  for (auto& arrival : scenario.arrivals) arrival.bits = std::floor(arrival.bits);
  return scenario;
}

#if BRUME_WITH_SIMGRID
void star_against_simgrid() {
  const auto scenario = scenario_of(0, 10'000, true);
  std::vector<double> ours;
  const double our_seconds = seconds([&] {
    FairTree tree(scenario.links, scenario.classes);
    ours = testing::completion_times(tree, scenario.arrivals);
  });
  std::fflush(stdout);  // not once more by the process that SimGrid runs in
  const auto theirs = testing::run_simgrid(scenario);
  double difference = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) difference = std::max(difference, std::fabs(ours[i] - theirs.ends[i]));
  fmt::print("star, 10,000 flows: {:.4f} s, SimGrid {:.1f} s, ratio {:.0f}; ends differ by {:.1e} s at most\n",
             our_seconds, theirs.wall_seconds, theirs.wall_seconds / our_seconds, difference);
}
#endif

void million_against_sorting(bool all_at_once) {
  const auto scenario = scenario_of(1000, 1'000'000, all_at_once);
  std::vector<double> ratios;
  for (int run = 0; run < 5; ++run) {
    double sorting = 0;
    for (std::uint64_t i = 0; i < 10; ++i) {
      Stream stream(i, Purpose::plugin);
      std::vector<double> values(1'000'000);
      for (double& value : values) value = stream.uniform();
      sorting += seconds([&] { std::sort(values.begin(), values.end()); });
    }
    const double flows = seconds([&] {
      FairTree tree(scenario.links, scenario.classes);
      testing::completion_times(tree, scenario.arrivals);
    });
    ratios.push_back(flows / sorting);
    fmt::print("a million flows over 1,000 fog nodes, {}: {:.2f} s; sorting a million doubles ten times {:.2f} s\n",
               all_at_once ? "all at once" : "over time", flows, sorting);
  }
  std::sort(ratios.begin(), ratios.end());
  fmt::print("median ratio {:.2f}\n", ratios[2]);
}

}  // namespace

int main() {
  million_against_sorting(true);
  million_against_sorting(false);
#if BRUME_WITH_SIMGRID
  star_against_simgrid();
#else
  fmt::print("SimGrid is not installed: no star to compare\n");
#endif
}
