#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "brume/registry.hpp"
#include "configs/configuration.hpp"
#include "configs/presets.hpp"

namespace brume::configs {

/// Loads the plug-ins that a file names, so that the rest of it can use what they register: `plugins: [{path: x.so}]`
/// of a federation file, `plugins: [x.so]` of a node's. Relative paths start at the file's folder; `set` are the
/// command line's changes. Throws ConfigurationError with the place of each that cannot be loaded, or is not the one
/// that is asked for.
void load_plugins(const std::filesystem::path& file, const std::vector<std::string>& set, Registry& registry,
                  Presets& presets);

/// The same for one file. Throws RequestError.
void load_plugin(const std::filesystem::path& file, Registry& registry, Presets& presets);

/// Writes into the sections where the plug-ins lie, and who they say that they are.
void name_plugins(std::vector<PluginSection>& plugins, const std::filesystem::path& folder, const Registry& registry);

/// Throws RequestError when a federation needs a plug-in in this role ("fog", "client") that this process has not
/// loaded, or another version of it. `yaml` is a contract: code is never loaded because another node names it.
void require_plugins(const std::string& yaml, std::string_view role, const Registry& registry);

}  // namespace brume::configs
