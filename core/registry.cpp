#include "brume/registry.hpp"

#include "core/suggestion.hpp"

namespace brume {

void Registry::add(std::string_view kind, const std::string& name, const RegistryEntry& entry) {
  auto& entries = kinds_.try_emplace(std::string(kind)).first->second;
  if (!entries.try_emplace(name, entry).second)
    throw RequestError("two " + std::string(kind) + "s are registered as '" + name + "'");
}

void Registry::add(const Registry& plugin, LoadedPlugin about) {
  for (const auto& [kind, entries] : plugin.kinds_)
    for (const auto& [name, entry] : entries)
      if (const auto* taken = find(kind, name))
        throw RequestError("plug-in '" + about.name + "' (" + about.path.string() + ") registers " + kind + " '" +
                           name + "', and so does " +
                           (taken->plugin.empty() ? "this program" : "plug-in '" + taken->plugin + "'"));
  for (const auto& [kind, entries] : plugin.kinds_)
    for (auto [name, entry] : entries) {
      entry.plugin = about.name;
      add(kind, name, entry);
    }
  for (auto preset : plugin.presets_) {
    preset.plugin = about.name;
    presets_.push_back(std::move(preset));
  }
  plugins_.push_back(std::move(about));
}

std::vector<std::string> Registry::names(std::string_view kind) const {
  std::vector<std::string> result;
  if (const auto found = kinds_.find(kind); found != kinds_.end())
    for (const auto& [name, entry] : found->second) result.push_back(name);
  return result;
}

const RegistryEntry* Registry::find(std::string_view kind, std::string_view name) const {
  const auto entries = kinds_.find(kind);
  if (entries == kinds_.end()) return nullptr;
  const auto entry = entries->second.find(name);
  return entry == entries->second.end() ? nullptr : &entry->second;
}

std::unique_ptr<Component> Registry::make(std::string_view kind, std::string_view name) const {
  const auto* entry = find(kind, name);
  if (!entry)
    throw RequestError("unknown " + std::string(kind) + " '" + std::string(name) + "'; " +
                       suggestion(name, names(kind)));
  auto component = entry->make();
  component->set_origin(std::string(kind) + " '" + std::string(name) + "'" +
                        (entry->plugin.empty() ? "" : " of plug-in '" + entry->plugin + "'"));
  return component;
}

}  // namespace brume
