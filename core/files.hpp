#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace brume {

/// Writes the whole file or nothing: to a temporary file beside it, fsync, rename, fsync of the folder. Throws Error.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Gives a file that is complete its name: fsync, rename, fsync of the folder. Throws Error.
void publish_file(const std::filesystem::path& partial, const std::filesystem::path& path);

/// Reads a regular file of at most `most_bytes`. Throws RequestError that says whether it is missing, a folder, not
/// readable or too large.
Bytes read_file(const std::filesystem::path& path, std::size_t most_bytes);
std::string read_text_file(const std::filesystem::path& path, std::size_t most_bytes);

}  // namespace brume
