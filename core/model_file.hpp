#pragma once

#include <filesystem>

#include "brume/parameters.hpp"

namespace brume {

/// Writes a model's layout and parameters; the format is core/MODEL_FILE.md. Atomic.
void write_model_file(const std::filesystem::path& path, const Parameters& model);

/// Throws RequestError for a file that is missing, truncated, damaged or of another format.
Parameters read_model_file(const std::filesystem::path& path);

}  // namespace brume
