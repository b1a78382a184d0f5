#pragma once

#include <array>
#include <memory>
#include <vector>

#include "federation/link_model.hpp"
#include "federation/tree.hpp"
#include "sim/fleet.hpp"
#include "sim/flows/fair_mesh.hpp"
#include "sim/flows/fair_tree.hpp"

namespace brume::sim {

using federation::Direction;
using federation::Tree;

/// Which shared links a message crosses between a node and its parent: the cell that the node is in, the links of what
/// passes its messages on, the cloud's. A node's own link is nobody else's: it is the cap of the node's flows.
///
/// Each node that aggregates is the sink of a tree of its own, and so are its two directions. All of them hang below
/// one link without a limit, so that one FairTree holds the whole network. Cells whose two directions share their time
/// below something that passes messages on are no tree; then it is a FairMesh.
class Wiring {
 public:
  Wiring(const configs::LinkSection& cloud, const Fleet& fleet, const Tree& tree);

  /// Without flows.
  std::unique_ptr<FairTree> make_tree() const;  ///< null if it is none
  std::unique_ptr<FairMesh> make_mesh() const;  ///< null if it is a tree

  FlowNetwork::Route route(Direction direction, NodeId node) const;
  FlowNetwork::Class class_of(Direction direction, NodeId node) const;
  const configs::LinkSection& link_of(NodeId node) const;
  /// From the last bit sent to the last received: of the node's link and all that its messages cross.
  Duration latency(NodeId node) const;

 private:
  using Route = std::vector<std::uint32_t>;  // links, the nearest to the sink first
  std::size_t flat(Tree::Place place) const { return first_[place.level] + place.index; }
  std::uint32_t add_link(const SharedLink& link, const Route& above);
  Route through(Direction direction, Tree::Place place);
  void enter(Tree::Place place);
  FlowNetwork::Class add_class(const configs::LinkSection& link, Direction direction, std::size_t level_above);

  const configs::LinkSection cloud_;
  const Fleet& fleet_;
  const Tree& tree_;
  std::vector<std::size_t> first_;            // place of each level's first node in routes_
  std::array<std::vector<Route>, 2> routes_;  // by direction, of those below each node
  std::vector<TreeLink> links_;
  bool is_tree_ = true;
  std::vector<FlowClass> classes_;
  std::array<std::vector<FlowNetwork::Class>, 2> group_classes_;  // by direction, of devices
  std::array<std::vector<FlowNetwork::Class>, 2> level_classes_;  // by direction, of fog nodes
};

}  // namespace brume::sim
