#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "configs/configuration.hpp"
#include "configs/node.hpp"
#include "configs/presets.hpp"
#include "configs/resolved.hpp"

namespace brume::configs {

/// What a command line changes in a file.
struct Overrides {
  std::vector<std::string> set;  ///< "federation.rounds=3", values in YAML
  std::optional<std::int64_t> seed;
  std::optional<std::uint64_t> devices;  ///< scales device counts and cohort in proportion
};

/// A federation file that has been read and checked.
struct Document {
  std::filesystem::path path;
  std::string text;  ///< the file as given
  Node root;         ///< after overrides
  Configuration configuration;

  Place place_of(std::string_view dotted_path) const { return configs::place_of(root, dotted_path); }
};

/// Reads, applies the overrides, checks. Throws ConfigurationError with everything that is wrong in the file itself;
/// what needs data or models to judge is checked when the federation is assembled.
Document read_document(const std::filesystem::path& path, const Overrides& overrides, const Registry& registry,
                       const Presets& presets);

/// The same for text that has no file.
Document read_document_text(std::string text, const std::string& name, const Overrides& overrides,
                            const Registry& registry, const Presets& presets);

Resolved resolve(Document& document, const Registry& registry, const Presets& presets);

}  // namespace brume::configs
