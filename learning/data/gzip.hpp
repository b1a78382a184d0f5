#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace brume::learning {

/// Reads a file whole, unpacking it if it is gzipped. Throws RequestError if it is missing, damaged, or unpacks to more
/// than `most_bytes`.
std::vector<std::byte> read_maybe_gzipped(const std::filesystem::path& path, std::size_t most_bytes);

}  // namespace brume::learning
