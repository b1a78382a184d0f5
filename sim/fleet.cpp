#include "sim/fleet.hpp"

#include <algorithm>

namespace brume::sim {

Fleet::Fleet(std::vector<configs::DeviceGroup> groups) : groups_(std::move(groups)), first_{0} {
  for (const auto& group : groups_) first_.push_back(first_.back() + static_cast<std::uint64_t>(group.count));
}

std::size_t Fleet::group_index(DeviceIndex device) const {
  const auto after = std::upper_bound(first_.begin(), first_.end(), device);
  return static_cast<std::size_t>(after - first_.begin()) - 1;
}

}  // namespace brume::sim
