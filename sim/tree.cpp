#include "sim/tree.hpp"

#include <algorithm>

namespace brume::sim {

Tree::Tree(const std::vector<configs::FogTier>& tiers) : tiers_(tiers), first_{0} {
  for (std::size_t i = 0; i < tiers_.size(); ++i) first_.push_back(first_.back() + count(i));
}

std::size_t Tree::tier_index(NodeId fog) const {
  const auto after = std::upper_bound(first_.begin(), first_.end(), fog.index);
  return static_cast<std::size_t>(after - first_.begin()) - 1;
}

NodeId Tree::parent_of(NodeId node) const {
  const std::size_t below = node.role == NodeId::Role::device ? tiers_.size() : tier_index(node);
  if (below == 0) return NodeId::cloud();
  const std::uint64_t place = node.role == NodeId::Role::device ? node.index : node.index - first_[below];
  return NodeId::fog(first_[below - 1] + place % count(below - 1));
}

std::vector<NodeId> Tree::children_of(NodeId node) const {
  const std::size_t tier = node.role == NodeId::Role::cloud ? 0 : tier_index(node) + 1;
  std::vector<NodeId> children;
  if (tier == tiers_.size()) return children;
  for (std::uint64_t i = 0; i < count(tier); ++i)
    if (const NodeId child = NodeId::fog(first_[tier] + i); parent_of(child) == node) children.push_back(child);
  return children;
}

NodeId::Role Tree::children_role(NodeId node) const {
  const std::size_t tier = node.role == NodeId::Role::cloud ? 0 : tier_index(node) + 1;
  return tier == tiers_.size() ? NodeId::Role::device : NodeId::Role::fog;
}

}  // namespace brume::sim
