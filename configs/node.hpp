#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "brume/error.hpp"

namespace brume::configs {

struct NodeEntry;

/// A YAML value with the place where it stands. A value type without sharing: aliases have been copied out.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< the scalar stood in quotes, so it is a text whatever it looks like
  Place place;
  std::vector<Node> items;         ///< of a list
  std::vector<NodeEntry> entries;  ///< of a map, in the file's order, keys unique

  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  std::string_view kind_name() const;  ///< "a list", for error messages
};

struct NodeEntry {
  std::string key;
  Place place;
  Node value;
};

/// The node at "selection.uniform.cohort" or "topology.devices.0.count"; null if there is none.
const Node* find_path(const Node& root, std::string_view path);

/// The place of the deepest node that exists along `path`.
Place place_of(const Node& root, std::string_view path);

}  // namespace brume::configs
