#include "federation/checks.hpp"

#include <fmt/format.h>

#include "core/human.hpp"

namespace brume::federation {

namespace {

// Weights, gradient and update of one task must fit into a device that says how much memory it has.
void check_memory(const configs::Document& document, const Assembly& assembly, std::vector<Diagnostic>& problems) {
  const double needed = 3.0 * sizeof(float) * static_cast<double>(assembly.facts.layout->size());
  const auto& groups = document.configuration.devices;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double memory = groups[i].profile.memory;
    if (memory == 0 || needed <= memory) continue;
    problems.push_back({document.place_of(fmt::format("topology.devices.{}.profile", i)),
                        fmt::format("the model's weights, gradient and update need {}, these devices have {}",
                                    human_bytes(needed), human_bytes(memory))});
  }
}

}  // namespace

std::vector<Diagnostic> check_across_rooms(const configs::Document& document, const Assembly& assembly) {
  std::vector<Diagnostic> problems;
  const auto report = [&](std::string_view path, std::string message) {
    problems.push_back({document.place_of(path), std::move(message)});
  };
  if (!document.configuration.fog.empty())
    report("topology.fog",
           "fog tiers cannot be run by this version yet; write 'fog: []' for a flat fleet (the same model if no update "
           "is late)");
  if (assembly.uplink->traits().contraction)
    report("uplink", "a contractive codec needs error feedback, which this version does not have yet");
  if (assembly.downlink->traits().contraction)
    report("downlink", "a contractive codec needs error feedback, which this version does not have yet");
  if (assembly.data->device_count() != document.configuration.device_count())
    report("data", fmt::format("the data serve {} devices, the topology has {}", assembly.data->device_count(),
                               document.configuration.device_count()));
  if (assembly.data->test_count() == 0) report("data", "no test examples are left to evaluate on; raise test_fraction");
  check_memory(document, assembly, problems);
  return problems;
}

}  // namespace brume::federation
