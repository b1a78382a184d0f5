#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brume/registry.hpp"
#include "configs/node.hpp"

namespace brume::configs {

struct Preset {
  std::string name;
  std::string source;  ///< where its figures come from
  Node options;        ///< what an inline map would say
};

/// The presets of configs/presets/*.yaml, which are compiled in: a program finds them wherever it runs.
class Presets {
 public:
  Presets();
  /// Adds the presets of a plug-in. Throws RequestError for one of a kind that there is not, or with a name that is
  /// taken.
  void add(const LoadedPlugin& plugin, const Registry& registry);
  std::vector<std::string> names(std::string_view kind) const;  ///< kind is "device", "link" or "cell"
  const std::vector<Preset>& all(std::string_view kind) const;
  const Preset* find(std::string_view kind, std::string_view name) const;
  /// For `{wifi: {up: 3 Mbit/s}}`, a preset's name over some options: the preset's options with these in their place.
  std::optional<Node> with_changes(std::string_view kind, const Node& node) const;

 private:
  std::vector<Preset> devices_;
  std::vector<Preset> links_;
  std::vector<Preset> cells_;
};

}  // namespace brume::configs
