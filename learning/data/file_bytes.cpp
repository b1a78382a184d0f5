#include "learning/data/file_bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "brume/error.hpp"

namespace brume::learning {

namespace {

[[noreturn]] void unreadable(const std::filesystem::path& path, const std::string& why) {
  throw RequestError("cannot read " + path.string() + ": " + why);
}

struct Descriptor {
  int number;
  explicit Descriptor(const std::filesystem::path& path) : number(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (number < 0) unreadable(path, std::strerror(errno));
  }
  ~Descriptor() { close(number); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

bool is_gzipped(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> unpack(const std::filesystem::path& path, std::size_t most_bytes) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) unreadable(path, std::strerror(errno));
  std::vector<std::byte> bytes;
  std::vector<std::byte> chunk(1 << 20);
  while (true) {
    const int count = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    int code = Z_OK;
    const char* message = gzerror(file.get(), &code);
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
      unreadable(path, code == Z_BUF_ERROR ? "it is truncated" : message);
    if (count == 0) return bytes;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
    if (bytes.size() > most_bytes)
      throw RequestError(fmt::format("{} unpacks to more than {} bytes", path.string(), most_bytes));
  }
}

}  // namespace

void FileBytes::Unmap::operator()(void* address) const { munmap(address, size); }

FileBytes::FileBytes(const std::filesystem::path& path, std::size_t most_unpacked) {
  const Descriptor file(path);
  struct stat facts {};
  if (fstat(file.number, &facts) != 0) unreadable(path, std::strerror(errno));
  if (S_ISDIR(facts.st_mode)) unreadable(path, "it is a folder");
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return;
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (address == MAP_FAILED) unreadable(path, std::strerror(errno));
  mapping_ = {address, Unmap{size}};
  bytes_ = {static_cast<const std::byte*>(address), size};
  if (!is_gzipped(bytes_)) return;
  unpacked_ = unpack(path, most_unpacked);
  mapping_.reset();
  bytes_ = unpacked_;
}

std::vector<std::filesystem::path> files_at(const std::filesystem::path& path,
                                            std::span<const std::string_view> endings) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const auto name = entry.path().filename().string();
    if (std::any_of(endings.begin(), endings.end(), [&](const auto& ending) { return name.ends_with(ending); }))
      files.push_back(entry.path());
  }
  std::string wanted;
  for (const auto& ending : endings) wanted += (wanted.empty() ? "*" : ", *") + std::string(ending);
  if (files.empty()) throw RequestError(fmt::format("folder {} has no files {}", path.string(), wanted));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace brume::learning
