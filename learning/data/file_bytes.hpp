#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace brume::learning {

/// A file's contents: mapped, so that only what is looked at is read, or unpacked into memory if it is gzipped.
/// Move-only; safe to read from several threads.
class FileBytes {
 public:
  /// Throws RequestError if the file is missing, damaged, or unpacks to more than `most_unpacked` bytes.
  explicit FileBytes(const std::filesystem::path& path, std::size_t most_unpacked = std::size_t{4} << 30);
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  struct Unmap {
    std::size_t size;
    void operator()(void* address) const;
  };
  std::unique_ptr<void, Unmap> mapping_{nullptr, Unmap{0}};
  std::vector<std::byte> unpacked_;
  std::span<const std::byte> bytes_;
};

/// The files of a folder that end so ("csv", "csv.gz"), in alphabetical order; a file is a list of itself. Throws
/// RequestError if there are none.
std::vector<std::filesystem::path> files_at(const std::filesystem::path& path,
                                            std::span<const std::string_view> endings);

}  // namespace brume::learning
