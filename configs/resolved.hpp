#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "brume/registry.hpp"
#include "configs/node.hpp"
#include "configs/presets.hpp"

namespace brume::configs {

/// A configuration with every default filled in, and where each value came from.
struct Resolved {
  enum class Kind : std::uint8_t { scalar, list, map };
  Kind kind = Kind::map;
  std::string key;     ///< name in the map above, "" in a list
  std::string about;   ///< the declaration's line
  std::string value;   ///< of a scalar, as YAML
  std::string origin;  ///< of a scalar: "fleet.yaml:3:7", "preset wifi", "--set …" or "default"
  std::vector<Resolved> children;
};

/// Walks a declaration whose fields have been read from `source`. Relative paths are made absolute from `folder`, so
/// that the result means the same wherever it is written.
Resolved resolve(const std::function<void(Options&)>& declare, const Node& source, const Presets& presets,
                 const std::filesystem::path& folder);

/// The whole configuration as YAML that reads back to the same values.
std::string to_yaml(const Resolved& root);

/// One line for each value: path, value, origin.
std::string to_explanation(const Resolved& root);

}  // namespace brume::configs
