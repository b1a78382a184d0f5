#include "core/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "brume/error.hpp"

namespace brume {

namespace {

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : handle_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (handle_ >= 0) ::close(handle_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return handle_; }

 private:
  int handle_;
};

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  throw Error(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)));
}

void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  auto temporary = path;
  temporary += ".partial";
  try {
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.get() < 0) fail("create", temporary);
    write_all(file.get(), bytes, temporary);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  publish_file(temporary, path);
}

void publish_file(const std::filesystem::path& partial, const std::filesystem::path& path) {
  {
    const Descriptor file(partial, O_RDONLY);
    if (file.get() < 0 || ::fsync(file.get()) != 0 || ::rename(partial.c_str(), path.c_str()) != 0) {
      const int failure = errno;
      ::unlink(partial.c_str());
      errno = failure;
      fail("create", path);
    }
  }
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor directory(folder, O_RDONLY | O_DIRECTORY);
  if (directory.get() >= 0) ::fsync(directory.get());
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

Bytes read_file(const std::filesystem::path& path, std::size_t most_bytes) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) throw RequestError(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) fail("read", path);
  if (S_ISDIR(facts.st_mode)) throw RequestError(fmt::format("cannot read {}: it is a folder", path.string()));
  if (facts.st_size > static_cast<off_t>(most_bytes))
    throw RequestError(fmt::format("{} has {} bytes; at most {} are read", path.string(), facts.st_size, most_bytes));
  Bytes bytes;
  std::byte chunk[65536];
  while (true) {
    const auto count = ::read(file.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw RequestError(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
    if (count == 0) return bytes;
    bytes.insert(bytes.end(), chunk, chunk + count);
    if (bytes.size() > most_bytes)
      throw RequestError(fmt::format("{} has more than {} bytes", path.string(), most_bytes));
  }
}

std::string read_text_file(const std::filesystem::path& path, std::size_t most_bytes) {
  const auto bytes = read_file(path, most_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace brume
