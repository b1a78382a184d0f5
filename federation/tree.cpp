#include "federation/tree.hpp"

#include <algorithm>

namespace brume::federation {

Tree::Tree(const std::vector<configs::FogTier>& tiers) : tiers_(tiers), first_{0} {
  for (std::size_t level = 1; level <= tiers_.size(); ++level) {
    if (!aggregates(level)) continue;
    levels_.push_back(level);
    first_.push_back(first_.back() + count(level));
  }
}

Tree::Place Tree::place_of(NodeId node) const {
  if (node.role == NodeId::Role::cloud) return {};
  if (node.role == NodeId::Role::device) return {device_level(), node.index};
  const auto after = std::upper_bound(first_.begin(), first_.end(), node.index);
  const auto tier = static_cast<std::size_t>(after - first_.begin()) - 1;
  return {levels_[tier], node.index - first_[tier]};
}

NodeId Tree::parent_of(NodeId node) const {
  Place place = above(place_of(node));
  while (!aggregates(place.level)) place = above(place);
  if (place.level == 0) return NodeId::cloud();
  const auto tier = std::find(levels_.begin(), levels_.end(), place.level) - levels_.begin();
  return NodeId::fog(first_[static_cast<std::size_t>(tier)] + place.index);
}

std::vector<NodeId> Tree::children_of(NodeId node) const {
  const auto below = std::upper_bound(levels_.begin(), levels_.end(), place_of(node).level);
  std::vector<NodeId> children;
  if (below == levels_.end()) return children;
  const auto tier = static_cast<std::size_t>(below - levels_.begin());
  for (std::uint64_t i = first_[tier]; i < first_[tier + 1]; ++i)
    if (parent_of(NodeId::fog(i)) == node) children.push_back(NodeId::fog(i));
  return children;
}

NodeId::Role Tree::children_role(NodeId node) const {
  const bool lowest = levels_.empty() || place_of(node).level >= levels_.back();
  return lowest ? NodeId::Role::device : NodeId::Role::fog;
}

}  // namespace brume::federation
