#include "configs/scale.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "configs/overrides.hpp"

namespace brume::configs {

namespace {

std::vector<std::uint64_t> proportional_counts(const std::vector<DeviceGroup>& groups, std::uint64_t devices,
                                               std::uint64_t before) {
  using Wide = unsigned __int128;
  std::vector<std::uint64_t> counts;
  std::vector<std::uint64_t> remainders;
  for (const auto& group : groups) {
    const Wide product = static_cast<Wide>(group.count) * devices;
    counts.push_back(static_cast<std::uint64_t>(product / before));
    remainders.push_back(static_cast<std::uint64_t>(product % before));
  }
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  for (std::size_t i = 0; i < devices - total; ++i) ++counts[order[i]];
  return counts;
}

}  // namespace

void scale_to(Node& root, const Configuration& configuration, std::uint64_t devices) {
  const std::string origin = "--devices " + std::to_string(devices);
  const std::uint64_t before = configuration.device_count();
  const auto counts = proportional_counts(configuration.devices, devices, before);
  auto& groups = root.find("topology")->find("devices")->items;
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (counts[i] == 0) {
      groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      set_value(root, "topology.devices." + std::to_string(i) + ".count", std::to_string(counts[i]), origin);
    }
  }
  const double share = static_cast<double>(devices) / static_cast<double>(before);
  const auto cohort = std::llround(static_cast<double>(configuration.selection->cohort()) * share);
  set_value(root, "selection." + configuration.selection.name + ".cohort",
            std::to_string(std::max<long long>(1, cohort)), origin);
  for (std::size_t i = 0; i < configuration.fog.size(); ++i)
    if (configuration.fog[i].count > static_cast<std::int64_t>(devices))
      set_value(root, "topology.fog." + std::to_string(i) + ".count", std::to_string(devices), origin);
}

}  // namespace brume::configs
