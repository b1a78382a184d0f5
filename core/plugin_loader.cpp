#include "brume/plugin_loader.hpp"

#include <dlfcn.h>

#include <string>

#include "brume/error.hpp"
#include "brume/plugin.hpp"

namespace brume {

namespace {

std::string last_dl_error() {
  const char* text = ::dlerror();
  return text ? text : "for no reason that the loader names";
}

// RTLD_NOW: what is missing shows here, not in mid-round. Never closed: components may live as long as the process.
const PluginEntry& entry_of(const std::filesystem::path& path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw RequestError("cannot load plug-in " + path.string() + ": " + last_dl_error());
  auto* function = reinterpret_cast<const PluginEntry* (*)()>(::dlsym(handle, "brume_plugin"));
  if (!function)
    throw RequestError("cannot load plug-in " + path.string() +
                       ": it has no function 'brume_plugin'; end its source with BRUME_PLUGIN(…)");
  const auto* entry = function();
  if (!entry) throw RequestError("cannot load plug-in " + path.string() + ": its 'brume_plugin' returns nothing");
  return *entry;
}

void check(const PluginEntry& entry, const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& what, const std::string& its, const std::string& ours) {
    throw RequestError("cannot load plug-in " + path.string() + ": it was built for " + what + " '" + its +
                       "', this program has '" + ours + "'; build it against this program's installation");
  };
  if (entry.api != kPluginApi) refuse("API version", std::to_string(entry.api), std::to_string(kPluginApi));
  if (entry.abi == nullptr || std::string(entry.abi) != kPluginAbi)
    refuse("ABI", entry.abi ? entry.abi : "", kPluginAbi);
}

}  // namespace

void load_plugin(const std::filesystem::path& path, Registry& registry) {
  const auto file = std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  for (const auto& known : registry.plugins())
    if (known.path == file) return;
  const auto& entry = entry_of(file);
  check(entry, path);
  Registry added;
  try {
    entry.add(added);
  } catch (const std::exception& error) {
    throw RequestError("plug-in '" + std::string(entry.name) + "' (" + path.string() +
                       ") failed to register: " + error.what());
  } catch (...) {
    throw RequestError("plug-in '" + std::string(entry.name) + "' (" + path.string() +
                       ") failed to register, and does not say why");
  }
  registry.add(added, {entry.name, entry.version, file});
}

}  // namespace brume
