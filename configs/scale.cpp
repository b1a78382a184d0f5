#include "configs/scale.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

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

void scale_to(Configuration& configuration, std::uint64_t devices) {
  const std::uint64_t before = configuration.device_count();
  const auto counts = proportional_counts(configuration.devices, devices, before);
  for (std::size_t i = 0; i < counts.size(); ++i) configuration.devices[i].count = static_cast<std::int64_t>(counts[i]);
  std::erase_if(configuration.devices, [](const DeviceGroup& group) { return group.count == 0; });
  const double share = static_cast<double>(devices) / static_cast<double>(before);
  const auto cohort = std::llround(static_cast<double>(configuration.selection->cohort()) * share);
  configuration.selection->set_cohort(static_cast<std::uint64_t>(std::max<long long>(1, cohort)));
  for (auto& tier : configuration.fog) tier.count = std::min(tier.count, static_cast<std::int64_t>(devices));
}

}  // namespace brume::configs
