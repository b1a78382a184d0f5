#pragma once

#include <cstdint>
#include <vector>

#include "brume/selection.hpp"
#include "configs/configuration.hpp"

namespace brume::sim {

/// The devices of a topology: which group each belongs to. Costs memory by groups, not by devices.
class Fleet final : public Population {
 public:
  explicit Fleet(std::vector<configs::DeviceGroup> groups);

  std::uint64_t size() const override { return first_.back(); }
  bool available(DeviceIndex device) const override { return device < size(); }
  std::size_t group_index(DeviceIndex device) const;
  const configs::DeviceGroup& group_of(DeviceIndex device) const { return groups_[group_index(device)]; }
  const std::vector<configs::DeviceGroup>& groups() const { return groups_; }

 private:
  std::vector<configs::DeviceGroup> groups_;
  std::vector<std::uint64_t> first_;  // of each group, and the total
};

}  // namespace brume::sim
