#pragma once

#include <vector>

#include "brume/random.hpp"
#include "sim/flows/fair_tree.hpp"

namespace brume::sim::testing {

/// A flow to come.
struct Arrival {
  double at = 0;
  FlowNetwork::Route route = 0;
  FlowNetwork::Class flow_class = 0;
  double bits = 0;
};

/// A tree, the classes of its flows, and flows in order of arrival.
struct Scenario {
  std::vector<TreeLink> links;
  std::vector<FlowClass> classes;
  std::vector<Arrival> arrivals;

  /// The links that a flow crosses, for each link at which it may enter.
  std::vector<std::vector<std::uint32_t>> routes() const;
};

struct ScenarioShape {
  std::uint32_t tiers = 2;  ///< of links below the root
  std::uint32_t links = 20;
  std::uint32_t flows = 100;
  std::uint32_t classes = 8;
  bool weights = false;
  bool cells = false;  ///< some of the lowest links are radio cells
  bool all_at_once = false;
  bool enter_anywhere = false;  ///< flows may enter at inner links too
  bool ties = false;            ///< capacities, caps and sizes are small multiples, so that levels and ends coincide
  double begin = 0;             ///< second of the first arrival
};

Scenario random_scenario(const ScenarioShape& shape, std::uint64_t seed);

/// When each flow ends, by its place in `arrivals`.
std::vector<double> completion_times(FlowNetwork& network, const std::vector<Arrival>& arrivals);

}  // namespace brume::sim::testing
