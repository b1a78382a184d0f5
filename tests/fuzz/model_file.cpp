// The model file reader: any bytes end in a RequestError or in a model that is written back to the same bytes.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "core/model_file.hpp"
#include "core/sha256.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

// In memory where there is such a place: the file is rewritten at each run.
std::filesystem::path scratch() {
  const std::filesystem::path memory = "/dev/shm";
  const auto folder = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  return folder / ("brume_fuzz_model_" + std::to_string(::getpid()));
}

void write_plainly(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) std::abort();
  if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) std::abort();
  std::fclose(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume;
  static const auto kPath = scratch();
  const auto input = std::as_bytes(std::span(data, size));
  Bytes bytes(input.begin(), input.end());
  if (bytes.size() > 40 && (data[size - 1] & 1U)) {  // make the digest right, so that mutations reach what it guards
    const auto digest = sha256(std::span(bytes).first(bytes.size() - 32));
    std::memcpy(bytes.data() + bytes.size() - 32, digest.data(), 32);
  }
  write_plainly(kPath, bytes);
  try {
    const auto model = read_model_file(kPath);
    write_model_file(kPath, model);
    if (read_file(kPath, 1 << 20) != bytes) std::abort();
  } catch (const RequestError&) {
  }
  std::filesystem::remove(kPath);
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  using namespace brume;
  Parameters model(std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"w", {2, 3}, TensorRole::trainable}, {"m", {2}, TensorRole::buffer}}));
  const auto path = scratch();
  write_model_file(path, model);
  const auto bytes = read_file(path, 1 << 20);
  std::filesystem::remove(path);
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {{first, first + bytes.size()}};
}
