#include "configs/plugins.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "brume/plugin_loader.hpp"
#include "configs/overrides.hpp"
#include "configs/yaml.hpp"
#include "core/files.hpp"

namespace brume::configs {

namespace {

// What is wrong with the rest is said when it is read.
const Node* plugins_of(const Node& root) {
  const Node* list = root.kind == Node::Kind::map ? root.find("plugins") : nullptr;
  return list && list->kind == Node::Kind::list ? list : nullptr;
}

const Node* path_of(const Node& item) {
  const Node* path = item.kind == Node::Kind::map ? item.find("path") : &item;
  return path && path->kind == Node::Kind::scalar ? path : nullptr;
}

const LoadedPlugin* loaded_from(const std::filesystem::path& path, const Registry& registry) {
  const auto file = std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  for (const auto& plugin : registry.plugins())
    if (plugin.path == file) return &plugin;
  return nullptr;
}

std::string text_of(const Node& map, std::string_view key) {
  const Node* value = map.kind == Node::Kind::map ? map.find(key) : nullptr;
  return value ? value->text : std::string();
}

// A file may ask for a name and a version; a resolved one does.
void check_identity(const Node& item, const LoadedPlugin& plugin) {
  const auto name = text_of(item, "name");
  const auto version = text_of(item, "version");
  if ((name.empty() || name == plugin.name) && (version.empty() || version == plugin.version)) return;
  throw RequestError(fmt::format("the plug-in there is '{}' {}, this asks for '{}' {}", plugin.name, plugin.version,
                                 name.empty() ? plugin.name : name, version.empty() ? plugin.version : version));
}

bool is_for(const Node& item, std::string_view role) {
  const Node* roles = item.kind == Node::Kind::map ? item.find("in") : nullptr;
  return !roles ||
         std::any_of(roles->items.begin(), roles->items.end(), [&](const Node& one) { return one.text == role; });
}

}  // namespace

void load_plugin(const std::filesystem::path& file, Registry& registry, Presets& presets) {
  const auto known = registry.plugins().size();
  brume::load_plugin(file, registry);
  if (registry.plugins().size() > known) presets.add(registry.plugins().back(), registry);
}

void load_plugins(const std::filesystem::path& file, const std::vector<std::string>& set, Registry& registry,
                  Presets& presets) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml(read_text_file(file, kMostYamlBytes), file.string(), problems);
  problems.clear();
  if (root.kind == Node::Kind::map)
    for (const auto& assignment : set) apply_override(root, assignment);
  const Node* list = plugins_of(root);
  if (!list) return;
  for (const auto& item : list->items) {
    const Node* path = path_of(item);
    if (!path) continue;
    try {
      load_plugin(file.parent_path() / path->text, registry, presets);
      check_identity(item, *loaded_from(file.parent_path() / path->text, registry));
    } catch (const RequestError& error) {
      problems.push_back({path->place, error.what()});
    }
  }
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
}

void name_plugins(std::vector<PluginSection>& plugins, const std::filesystem::path& folder, const Registry& registry) {
  for (auto& section : plugins) {
    const auto* plugin = section.path.empty() ? nullptr : loaded_from(folder / section.path, registry);
    if (!plugin) continue;
    section.path = plugin->path.string();
    section.name = plugin->name;
    section.version = plugin->version;
  }
}

void require_plugins(const std::string& yaml, std::string_view role, const Registry& registry) {
  const Node root = parse_yaml(yaml, "the aggregator's contract");
  const Node* list = plugins_of(root);
  if (!list) return;
  for (const auto& item : list->items) {
    const auto name = text_of(item, "name");
    const auto version = text_of(item, "version");
    if (!is_for(item, role)) continue;
    const auto& loaded = registry.plugins();
    const auto found = std::find_if(loaded.begin(), loaded.end(), [&](const auto& one) { return one.name == name; });
    if (found == loaded.end())
      throw RequestError(fmt::format(
          "this federation needs plug-in '{}' {}; name its file in this node's file: plugins: [PATH]", name, version));
    if (found->version != version)
      throw RequestError(fmt::format("this federation needs plug-in '{}' {}, {} has version {}", name, version,
                                     found->path.string(), found->version));
  }
}

}  // namespace brume::configs
