#include "sim/wiring.hpp"

#include <algorithm>

namespace brume::sim {

namespace {

constexpr std::array kDirections{Direction::down, Direction::up};

std::size_t at(Direction direction) { return static_cast<std::size_t>(direction); }

}  // namespace

Wiring::Wiring(const configs::LinkSection& cloud, const Fleet& fleet, const Tree& tree)
    : cloud_(cloud), fleet_(fleet), tree_(tree), first_{0}, links_{{SharedLink{}, 0}} {
  for (std::size_t level = 0; level < tree.device_level(); ++level) first_.push_back(first_.back() + tree.count(level));
  for (auto& routes : routes_) routes.resize(first_.back());
  for (std::size_t level = 0; level < tree.device_level(); ++level)
    for (std::uint64_t i = 0; i < tree.count(level); ++i) enter({level, i});
  for (const auto direction : kDirections) {
    for (const auto& group : fleet.groups())
      group_classes_[at(direction)].push_back(add_class(group.link, direction, tree.device_level() - 1));
    level_classes_[at(direction)].push_back(0);  // the cloud has nothing above it
    for (std::size_t level = 1; level < tree.device_level(); ++level)
      level_classes_[at(direction)].push_back(add_class(tree.tier(level).link, direction, level - 1));
  }
}

std::uint32_t Wiring::add_link(const SharedLink& link, const Route& above) {
  links_.push_back({link, above.empty() ? 0 : above.back()});
  return static_cast<std::uint32_t>(links_.size()) - 1;
}

// The way from a node that messages pass, or from one that they end at: the cloud's port is shared, a fog node's is
// not.
Wiring::Route Wiring::through(Direction direction, Tree::Place place) {
  if (place.level == 0) {
    // The cloud sends on its uplink what goes down.
    const auto port = direction == Direction::down ? Direction::up : Direction::down;
    return {add_link({federation::link_rate(cloud_, port), false}, {})};
  }
  if (tree_.aggregates(place.level)) return {};
  Route way = routes_[at(direction)][flat(tree_.above(place))];
  way.push_back(add_link({federation::link_rate(tree_.tier(place.level).link, direction), false}, way));
  return way;
}

// The way of those below a node, from the cell that they share.
void Wiring::enter(Tree::Place place) {
  const configs::CellSection cell = place.level == 0 ? configs::CellSection{} : tree_.tier(place.level).cell;
  std::uint32_t shared = 0;
  for (const auto direction : kDirections) {
    auto& way = routes_[at(direction)][flat(place)];
    way = through(direction, place);
    const auto& rate = direction == Direction::up ? cell.up : cell.down;
    if (rate) way.push_back(add_link({*rate, false}, way));
    if (!cell.airtime) continue;
    const bool less_down = direction == Direction::down && cell.airtime_down && !cell.half_duplex;
    if (!cell.half_duplex || direction == kDirections[0])
      shared = add_link({less_down ? *cell.airtime_down : *cell.airtime, true}, way);
    way.push_back(shared);
    if (cell.half_duplex && way.size() > 1) is_tree_ = false;
  }
}

FlowNetwork::Class Wiring::add_class(const configs::LinkSection& link, Direction direction, std::size_t level_above) {
  const double sending = federation::sending_rate(link, direction);
  const bool equal_time = level_above > 0 && tree_.tier(level_above).cell.fairness == "airtime";
  const FlowClass made{federation::link_rate(link, direction), equal_time ? sending * 1e-6 : 1, 1 / sending};
  const auto found = std::find(classes_.begin(), classes_.end(), made);
  if (found != classes_.end()) return static_cast<FlowNetwork::Class>(found - classes_.begin());
  classes_.push_back(made);
  return static_cast<FlowNetwork::Class>(classes_.size()) - 1;
}

std::unique_ptr<FairTree> Wiring::make_tree() const {
  return is_tree_ ? std::make_unique<FairTree>(links_, classes_) : nullptr;
}

std::unique_ptr<FairMesh> Wiring::make_mesh() const {
  if (is_tree_) return nullptr;
  std::vector<SharedLink> links;
  for (const auto& link : links_) links.push_back(link.link);
  std::vector<Route> routes = routes_[0];
  routes.insert(routes.end(), routes_[1].begin(), routes_[1].end());
  return std::make_unique<FairMesh>(std::move(links), std::move(routes), classes_);
}

// In a tree the link at which a flow enters, in a mesh the number of its list of links.
FlowNetwork::Route Wiring::route(Direction direction, NodeId node) const {
  const auto place = flat(tree_.above(tree_.place_of(node)));
  const auto& way = routes_[at(direction)][place];
  if (!is_tree_) return static_cast<FlowNetwork::Route>(at(direction) * routes_[0].size() + place);
  return way.empty() ? 0 : way.back();
}

FlowNetwork::Class Wiring::class_of(Direction direction, NodeId node) const {
  if (node.role == NodeId::Role::device) return group_classes_[at(direction)][fleet_.group_index(node.index)];
  return level_classes_[at(direction)][tree_.place_of(node).level];
}

const configs::LinkSection& Wiring::link_of(NodeId node) const {
  return node.role == NodeId::Role::device ? fleet_.group_of(node.index).link : tree_.tier_of(node).link;
}

Duration Wiring::latency(NodeId node) const {
  Duration total = duration_from_seconds(link_of(node).latency);
  auto place = tree_.above(tree_.place_of(node));
  for (; !tree_.aggregates(place.level); place = tree_.above(place))
    total += duration_from_seconds(tree_.tier(place.level).link.latency);
  if (place.level == 0) total += duration_from_seconds(cloud_.latency);
  return total;
}

}  // namespace brume::sim
