#pragma once

#include <cstdint>
#include <vector>

#include "configs/configuration.hpp"
#include "messages/messages.hpp"

namespace brume::federation {

/// Who is below whom. Devices are dealt to the lowest tier round robin by their index, the nodes of each tier to the
/// tier above in the same way; without tiers all devices are the cloud's. Nodes of tiers that do not aggregate pass
/// messages on and take no part in the protocol. Fog nodes, those that do, are numbered from the top tier down.
class Tree {
 public:
  /// A node of the physical tree. Level 0 is the cloud, then come the tiers, then the devices.
  struct Place {
    std::size_t level = 0;
    std::uint64_t index = 0;
  };

  explicit Tree(const std::vector<configs::FogTier>& tiers);

  // The protocol's tree.
  std::uint64_t fog_nodes() const { return first_.back(); }
  NodeId parent_of(NodeId node) const;
  std::vector<NodeId> children_of(NodeId node) const;  ///< fog nodes only
  /// What the children of a node are.
  NodeId::Role children_role(NodeId node) const;
  const configs::FogTier& tier_of(NodeId fog) const { return tier(place_of(fog).level); }
  NodeId lowest_above(DeviceIndex device) const { return parent_of(NodeId::device(device)); }

  // The physical tree.
  Place place_of(NodeId node) const;
  Place above(Place place) const { return {place.level - 1, place.index % count(place.level - 1)}; }
  std::size_t device_level() const { return tiers_.size() + 1; }
  std::uint64_t count(std::size_t level) const {
    return level == 0 ? 1 : static_cast<std::uint64_t>(tier(level).count);
  }
  const configs::FogTier& tier(std::size_t level) const { return tiers_[level - 1]; }
  bool aggregates(std::size_t level) const { return level == 0 || tier(level).aggregates; }

 private:
  std::vector<configs::FogTier> tiers_;
  std::vector<std::size_t> levels_;   // that aggregate, without the cloud's
  std::vector<std::uint64_t> first_;  // number of each such level's first node, and the total
};

}  // namespace brume::federation
