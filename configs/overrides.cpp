#include "configs/overrides.hpp"

#include <fmt/format.h>

#include <charconv>

#include "configs/yaml.hpp"

namespace brume::configs {

namespace {

Node& child_of_list(Node& list, const std::string& name, const Place& place) {
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (failure != std::errc() || end != name.data() + name.size() || index >= list.items.size())
    throw ConfigurationError(
        {{place, fmt::format("'{}' is no index of a list of {} (they count from 0)", name, list.items.size())}});
  return list.items[index];
}

Node& child_of(Node& parent, const std::string& name, const Place& place) {
  if (parent.kind == Node::Kind::list) return child_of_list(parent, name, place);
  if (parent.kind == Node::Kind::scalar) {  // `model: mlp` and --set model.mlp.width=64
    Node named;
    named.place = parent.place;
    const NodeEntry entry{parent.text, parent.place, named};
    parent.entries = {entry};
  }
  parent.kind = Node::Kind::map;
  if (Node* found = parent.find(name)) return *found;
  parent.entries.push_back({name, place, Node{}});
  parent.entries.back().value.place = place;
  return parent.entries.back().value;
}

void set_places(Node& node, const Place& place) {
  node.place = place;
  for (auto& item : node.items) set_places(item, place);
  for (auto& entry : node.entries) {
    entry.place = place;
    set_places(entry.value, place);
  }
}

void set_node(Node& root, std::string path, Node value, const Place& place) {
  set_places(value, place);
  Node* node = &root;
  while (true) {
    const auto dot = path.find('.');
    node = &child_of(*node, path.substr(0, dot), place);
    if (dot == std::string::npos) break;
    path.erase(0, dot + 1);
  }
  *node = std::move(value);
}

}  // namespace

void apply_override(Node& root, const std::string& assignment) {
  const Place place{"--set " + assignment};
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw ConfigurationError({{place, "must look like a.b=value, for example federation.rounds=3"}});
  const std::string text = assignment.substr(equals + 1);
  if (text.find_first_not_of(' ') == std::string::npos) throw ConfigurationError({{place, "gives no value"}});
  set_node(root, assignment.substr(0, equals), parse_yaml(text, place.file), place);
}

void set_value(Node& root, std::string path, const std::string& value, const std::string& origin) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = value;
  set_node(root, std::move(path), std::move(node), {origin});
}

}  // namespace brume::configs
