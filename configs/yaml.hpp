#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "configs/node.hpp"

namespace brume::configs {

/// Limits on a configuration, so that a hostile one ends in an error within a second and little memory.
inline constexpr std::size_t kMostYamlBytes = 1 << 20;
inline constexpr std::size_t kMostYamlNodes = 50'000;  ///< after aliases have been copied out

/// Parses one YAML document; `name` is the file's name in places. Throws ConfigurationError for bad syntax, a second
/// document, duplicate keys (all of them at once), keys that are no scalars, and for exceeding a limit.
Node parse_yaml(std::string_view text, const std::string& name);

/// Reads a file, then parses it. Throws RequestError when it cannot be read.
Node parse_yaml_file(const std::filesystem::path& path);

}  // namespace brume::configs
