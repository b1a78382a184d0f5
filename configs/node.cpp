#include "configs/node.hpp"

#include <charconv>

namespace brume::configs {

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(static_cast<const Node*>(this)->find(key)); }

std::string_view Node::kind_name() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return "a single value";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "";
}

namespace {

const Node* step(const Node& node, std::string_view name) {
  if (node.kind == Node::Kind::map) return node.find(name);
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool valid = failure == std::errc() && end == name.data() + name.size();
  return valid && index < node.items.size() ? &node.items[index] : nullptr;
}

// Walks down `path` as far as there are nodes; `complete` tells whether all of it was there.
const Node& deepest(const Node& root, std::string_view path, bool& complete) {
  const Node* node = &root;
  complete = true;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const Node* next = step(*node, path.substr(0, dot));
    if (!next) {
      complete = false;
      break;
    }
    node = next;
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return *node;
}

}  // namespace

const Node* find_path(const Node& root, std::string_view path) {
  bool complete = false;
  const Node& node = deepest(root, path, complete);
  return complete ? &node : nullptr;
}

Place place_of(const Node& root, std::string_view path) {
  bool complete = false;
  return deepest(root, path, complete).place;
}

}  // namespace brume::configs
