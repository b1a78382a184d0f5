#pragma once

#include <filesystem>
#include <string>

#include "brume/options.hpp"

namespace brume::configs {

/// Reads a YAML file of its own declaration, beside federation files. Throws ConfigurationError with all that is wrong,
/// each with its place.
void read_declared(const std::filesystem::path& path, const Options::Declare& declare);

/// The same of text that has no file, of which only a part is declared: keys at the top that are not are passed over.
void read_part(const std::string& text, const std::string& name, const Options::Declare& declare);

}  // namespace brume::configs
