#include "algorithms/uniform_selection.hpp"

#include "algorithms/permutation.hpp"

namespace brume::algorithms {

void UniformSelection::declare(Options& options) {
  options.integer({"cohort", "updates that a round aims at", true}, cohort_, Range::at_least(1));
  options.number({"over_selection", "devices asked for each update aimed at; the round ends with the first `cohort`"},
                 over_selection_, Range::between(1, 10));
}

std::vector<DeviceIndex> UniformSelection::select(const Population& population, Version version,
                                                  std::uint64_t seed) const {
  const std::uint64_t wanted = devices_asked();
  const Permutation device_of(population.size(), seed, version);
  std::vector<DeviceIndex> selected;
  for (std::uint64_t rank = 0; rank < population.size() && selected.size() < wanted; ++rank) {
    const DeviceIndex device = device_of(rank);
    if (population.available(device)) selected.push_back(device);
  }
  return selected;
}

}  // namespace brume::algorithms
