#pragma once

#include <filesystem>

#include "brume/registry.hpp"

namespace brume {

/// Loads a plug-in for good and adds its components to the registry, all of them or none. One that is there already, by
/// its file, is left as it is. Throws RequestError, naming the file and the plug-in, when it cannot be opened, has no
/// `brume_plugin`, was built for another API or ABI, registers a name that is taken, or throws.
void load_plugin(const std::filesystem::path& path, Registry& registry);

}  // namespace brume
