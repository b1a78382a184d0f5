#include "federation/checks.hpp"

#include <fmt/format.h>

namespace brume::federation {

std::vector<Diagnostic> check_across_rooms(const configs::Document& document, const Assembly& assembly) {
  std::vector<Diagnostic> problems;
  const auto report = [&](std::string_view path, std::string message) {
    problems.push_back({document.place_of(path), std::move(message)});
  };
  if (!document.configuration.fog.empty())
    report("topology.fog",
           "fog tiers cannot be run by this version yet; write 'fog: []' for a flat fleet, which gives the same model");
  if (assembly.uplink->traits().contraction)
    report("uplink", "a contractive codec needs error feedback, which this version does not have yet");
  if (assembly.downlink->traits().contraction)
    report("downlink", "a contractive codec needs error feedback, which this version does not have yet");
  if (assembly.data->device_count() != document.configuration.device_count())
    report("data", fmt::format("the data serve {} devices, the topology has {}", assembly.data->device_count(),
                               document.configuration.device_count()));
  if (assembly.data->test_count() == 0) report("data", "no test examples are left to evaluate on; raise test_fraction");
  return problems;
}

}  // namespace brume::federation
