#pragma once

#include <vector>

#include "tests/sim/random_flows.hpp"

namespace brume::sim::testing {

/// When each flow ends according to SimGrid (Casanova et al., "Versatile, scalable, and accurate simulation of
/// distributed applications and platforms", JPDC 2014): its network model CM02 without its corrections for TCP, so that
/// what is left is max–min sharing. Runs in a process of its own, since SimGrid has one engine a process. Throws Error.
struct SimGridRun {
  std::vector<double> ends;  ///< seconds
  double wall_seconds = 0;   ///< of the simulation alone
};
SimGridRun run_simgrid(const Scenario& scenario);

}  // namespace brume::sim::testing
