#pragma once

#include <cstdint>
#include <vector>

#include "configs/configuration.hpp"
#include "messages/messages.hpp"

namespace brume::sim {

/// Who is below whom. Devices are dealt to the lowest tier round robin by their index, the nodes of each tier to the
/// tier above in the same way; without tiers all devices are the cloud's. Fog nodes are numbered from the top tier
/// down.
class Tree {
 public:
  explicit Tree(const std::vector<configs::FogTier>& tiers);

  std::uint64_t fog_nodes() const { return first_.back(); }
  NodeId parent_of(NodeId node) const;
  std::vector<NodeId> children_of(NodeId node) const;  ///< fog nodes only
  /// What the children of a node are.
  NodeId::Role children_role(NodeId node) const;
  const configs::FogTier& tier_of(NodeId fog) const { return tiers_[tier_index(fog)]; }
  NodeId lowest_above(DeviceIndex device) const { return parent_of(NodeId::device(device)); }

 private:
  std::size_t tier_index(NodeId fog) const;
  std::uint64_t count(std::size_t tier) const { return static_cast<std::uint64_t>(tiers_[tier].count); }

  std::vector<configs::FogTier> tiers_;
  std::vector<std::uint64_t> first_;  // index of each tier's first node, and the total
};

}  // namespace brume::sim
