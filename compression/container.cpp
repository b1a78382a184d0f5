#include "compression/container.hpp"

#include <algorithm>
#include <array>

#include "brume/error.hpp"

namespace brume::compression {

namespace {

constexpr std::array<std::byte, 4> kMagic{std::byte{'B'}, std::byte{'R'}, std::byte{'F'}, std::byte{'C'}};
constexpr std::uint8_t kVersion = 1;

}  // namespace

void put_container_head(ContainerKind kind, ByteWriter& out) {
  out.append(kMagic);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(kind));
}

bool is_container(ContainerKind kind, std::span<const std::byte> bytes) {
  return bytes.size() >= kContainerHeadBytes && std::equal(kMagic.begin(), kMagic.end(), bytes.begin()) &&
         bytes[kContainerHeadBytes - 1] == static_cast<std::byte>(kind);
}

void take_container_head(ContainerKind kind, ByteReader& reader) {
  const auto magic = reader.take(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) throw FormatError("this is no container of frames");
  if (reader.u8() != kVersion) throw FormatError("a container of frames has an unknown version");
  if (reader.u8() != static_cast<std::uint8_t>(kind)) throw FormatError("a container holds another kind of frames");
}

}  // namespace brume::compression
