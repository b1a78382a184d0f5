#include "learning/data/gzip.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "brume/error.hpp"

namespace brume::learning {

std::vector<std::byte> read_maybe_gzipped(const std::filesystem::path& path, std::size_t most_bytes) {
  if (std::filesystem::is_directory(path)) throw RequestError("cannot read " + path.string() + ": it is a folder");
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw RequestError("cannot read " + path.string() + ": " + std::strerror(errno));
  std::vector<std::byte> bytes;
  std::vector<std::byte> chunk(1 << 20);
  while (true) {
    const int count = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    int code = Z_OK;
    const char* message = gzerror(file.get(), &code);
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
      throw RequestError("cannot read " + path.string() + ": " + (code == Z_BUF_ERROR ? "it is truncated" : message));
    if (count == 0) return bytes;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
    if (bytes.size() > most_bytes)
      throw RequestError(path.string() + " unpacks to more than " + std::to_string(most_bytes) + " bytes");
  }
}

}  // namespace brume::learning
