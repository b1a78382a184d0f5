#pragma once

#include <string>

#include "configs/node.hpp"

namespace brume::configs {

/// Applies one `--set a.b.0.c=value` to a tree. Missing maps on the way are made; a name in place of a map (`model:
/// mlp`) becomes a map when a key below it is set. Throws ConfigurationError.
void apply_override(Node& root, const std::string& assignment);

/// Sets a single value that another option of the command line gives; `origin` ("--devices 50") becomes its place.
void set_value(Node& root, std::string path, const std::string& value, const std::string& origin);

}  // namespace brume::configs
