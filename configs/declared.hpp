#pragma once

#include <filesystem>

#include "brume/options.hpp"

namespace brume::configs {

/// Reads a YAML file of its own declaration, beside federation files. Throws ConfigurationError with all that is wrong,
/// each with its place.
void read_declared(const std::filesystem::path& path, const Options::Declare& declare);

}  // namespace brume::configs
