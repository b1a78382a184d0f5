#include "configs/presets.hpp"

#include <algorithm>

#include "configs/yaml.hpp"
#include "embedded_presets.hpp"

namespace brume::configs {

namespace {

std::vector<Preset> load(std::string_view text, const std::string& file) {
  std::vector<Preset> presets;
  for (auto& entry : parse_yaml(text, file).entries) {
    Preset preset{entry.key, "", std::move(entry.value)};
    auto& options = preset.options.entries;
    const auto source =
        std::find_if(options.begin(), options.end(), [](const NodeEntry& option) { return option.key == "source"; });
    if (source == options.end()) throw ConfigurationError({{entry.place, "a preset needs a source"}});
    preset.source = source->value.text;
    options.erase(source);
    presets.push_back(std::move(preset));
  }
  return presets;
}

// Maps go into maps, whatever else takes the place of what was there.
void merge(Node& into, const Node& changes) {
  for (const auto& change : changes.entries) {
    Node* option = into.find(change.key);
    if (!option) {
      into.entries.push_back(change);
    } else if (option->kind == Node::Kind::map && change.value.kind == Node::Kind::map) {
      merge(*option, change.value);
    } else {
      *option = change.value;
    }
  }
}

}  // namespace

Presets::Presets()
    : devices_(load(embedded::kDevices, "presets/devices.yaml")),
      links_(load(embedded::kLinks, "presets/links.yaml")),
      cells_(load(embedded::kCells, "presets/cells.yaml")) {}

void Presets::add(const LoadedPlugin& plugin, const Registry& registry) {
  for (const auto& text : registry.presets()) {
    if (text.plugin != plugin.name) continue;
    const auto name = "plug-in '" + plugin.name + "', preset '" + text.name + "'";
    if (text.kind != "device" && text.kind != "link" && text.kind != "cell")
      throw RequestError(name + ": its kind is '" + text.kind + "', not device, link or cell");
    if (find(text.kind, text.name)) throw RequestError(name + ": that name is taken");
    auto& presets = text.kind == "device" ? devices_ : text.kind == "link" ? links_ : cells_;
    presets.push_back({text.name, text.source, parse_yaml(text.yaml, name)});
  }
}

const std::vector<Preset>& Presets::all(std::string_view kind) const {
  return kind == "device" ? devices_ : kind == "link" ? links_ : cells_;
}

std::vector<std::string> Presets::names(std::string_view kind) const {
  std::vector<std::string> names;
  for (const auto& preset : all(kind)) names.push_back(preset.name);
  return names;
}

const Preset* Presets::find(std::string_view kind, std::string_view name) const {
  for (const auto& preset : all(kind))
    if (preset.name == name) return &preset;
  return nullptr;
}

std::optional<Node> Presets::with_changes(std::string_view kind, const Node& node) const {
  if (node.kind != Node::Kind::map || node.entries.size() != 1) return std::nullopt;
  const auto& [name, place, changes] = node.entries.front();
  const Preset* preset = find(kind, name);
  if (!preset || changes.kind != Node::Kind::map) return std::nullopt;
  Node merged = preset->options;
  merged.place = place;
  merge(merged, changes);
  return merged;
}

}  // namespace brume::configs
