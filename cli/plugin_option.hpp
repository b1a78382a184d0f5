#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace brume::cli {

/// --plugin FILE, as often as needed, of a command that has no federation file to name them.
std::shared_ptr<const std::vector<std::string>> add_plugin_option(CLI::App& command);
void load_plugins(const std::vector<std::string>& files, Context& context);

}  // namespace brume::cli
