#pragma once

#include <filesystem>
#include <string_view>

#include "core/bytes.hpp"

namespace brume::records {

/// The name of a run's checkpoint in its folder; it is there while a run can be taken up again.
inline constexpr std::string_view kCheckpointName = "checkpoint.brume";

/// Writes a run's state, which belongs to the federation that `resolved` describes (the text of resolved.yaml).
/// Atomic. Format: records/CHECKPOINT.md.
void write_checkpoint(const std::filesystem::path& folder, std::string_view resolved, std::span<const std::byte> state);

/// Reads it back. Throws RequestError, saying why and what can be done, for one that is missing, cut, damaged, of
/// another version of Brume or of another federation.
Bytes read_checkpoint(const std::filesystem::path& folder, std::string_view resolved);

}  // namespace brume::records
