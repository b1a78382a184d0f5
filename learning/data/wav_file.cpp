#include "learning/data/wav_file.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string_view>

#include "brume/error.hpp"
#include "learning/data/file_bytes.hpp"

namespace brume::learning {

namespace {

using Bytes = std::span<const std::byte>;

template <class T>
T little_endian(Bytes bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool is(Bytes bytes, std::size_t at, std::string_view tag) {
  return std::memcmp(bytes.data() + at, tag.data(), tag.size()) == 0;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw RequestError(path.string() + ": " + why);
}

void check_format(const std::filesystem::path& path, Bytes chunk) {
  constexpr std::uint16_t kPcm = 1;
  constexpr std::uint16_t kExtensible = 0xFFFE;  // the real format stands further on; its first half is the same number
  const auto channels = little_endian<std::uint16_t>(chunk, 2);
  const auto bits = little_endian<std::uint16_t>(chunk, 14);
  auto kind = little_endian<std::uint16_t>(chunk, 0);
  if (kind == kExtensible && chunk.size() >= 26) kind = little_endian<std::uint16_t>(chunk, 24);
  if (kind != kPcm || bits != 16)
    refuse(path, fmt::format("it is of format {} with {} bits, only 16-bit PCM is read", kind, bits));
  if (channels != 1)
    refuse(path, fmt::format("it has {} channels; convert it to one, for example with 'sox IN -c 1 OUT'", channels));
}

}  // namespace

Recording read_wav(const std::filesystem::path& path) {
  const FileBytes file(path);
  const auto bytes = file.bytes();
  if (bytes.size() < 12 || !is(bytes, 0, "RIFF") || !is(bytes, 8, "WAVE")) refuse(path, "it is no WAV file");
  Recording recording;
  bool has_format = false;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const auto size = std::size_t{little_endian<std::uint32_t>(bytes, at + 4)};
    const auto left = bytes.size() - at - 8;
    if (size > left)
      refuse(path, fmt::format("it is truncated: {} bytes are promised at byte {}, {} are there", size, at, left));
    const auto chunk = bytes.subspan(at + 8, size);
    if (is(bytes, at, "fmt ")) {
      if (size < 16) refuse(path, "its format is too short");
      check_format(path, chunk);
      recording.rate = little_endian<std::uint32_t>(chunk, 4);
      has_format = recording.rate > 0;
    } else if (is(bytes, at, "data")) {
      if (!has_format) refuse(path, "its samples come before their format");
      for (std::size_t i = 0; i + 2 <= size; i += 2)
        recording.samples.push_back(static_cast<float>(little_endian<std::int16_t>(chunk, i)) / 32768.0F);
    }
    at += 8 + size + size % 2;
  }
  if (recording.samples.empty()) refuse(path, "it has no samples");
  return recording;
}

}  // namespace brume::learning
