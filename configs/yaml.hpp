#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "configs/node.hpp"

namespace brume::configs {

/// Limits on a configuration, so that a hostile one ends in an error within a second and little memory.
inline constexpr std::size_t kMostYamlBytes = 1 << 20;
inline constexpr std::size_t kMostYamlNodes = 50'000;  ///< after aliases have been copied out

/// Parses one YAML document; `name` is the file's name in places. Duplicate keys go to `problems`, the first of each
/// counts. Throws ConfigurationError for bad syntax, a second document, keys that are no scalars, and for exceeding a
/// limit.
Node parse_yaml(std::string_view text, const std::string& name, std::vector<Diagnostic>& problems);

/// The same; duplicate keys are thrown too.
Node parse_yaml(std::string_view text, const std::string& name);

}  // namespace brume::configs
