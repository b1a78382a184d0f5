#include "compression/model_bundle.hpp"

#include <cstring>

#include "brume/error.hpp"
#include "compression/container.hpp"
#include "core/bytes.hpp"
#include "core/crc32c.hpp"

namespace brume::compression {

bool is_bundle(std::span<const std::byte> bytes) { return is_container(ContainerKind::versions, bytes); }

std::vector<std::byte> write_bundle(const ModelBundle& bundle) {
  ByteWriter out;
  put_container_head(ContainerKind::versions, out);
  out.u8(static_cast<std::uint8_t>(bundle.first));
  out.u64(bundle.base);
  out.append(std::as_bytes(std::span(bundle.digest)));
  out.u32(static_cast<std::uint32_t>(bundle.parts.size()));
  for (const auto& part : bundle.parts) {
    out.u64(part.version);
    out.u32(static_cast<std::uint32_t>(part.frame.size()));
  }
  out.u32(crc32c(out.bytes()));
  for (const auto& part : bundle.parts) out.append(part.frame);
  return out.take();
}

ModelBundle read_bundle(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  take_container_head(ContainerKind::versions, reader);
  ModelBundle bundle;
  const auto first = reader.u8();
  if (first > static_cast<std::uint8_t>(ModelBundle::First::lossless))
    throw FormatError("a bundle of models is of no known kind");
  bundle.first = static_cast<ModelBundle::First>(first);
  bundle.base = reader.u64();
  std::memcpy(bundle.digest.data(), reader.take(bundle.digest.size()).data(), bundle.digest.size());
  const std::size_t count = reader.u32();
  if (count > reader.left() / kBundlePartBytes) throw FormatError("a bundle of models ends too early");
  ByteReader heads(reader.take(count * kBundlePartBytes));
  if (const auto head = bytes.first(bytes.size() - reader.left()); reader.u32() != crc32c(head))
    throw FormatError("a bundle's header is damaged (CRC mismatch)");
  const bool whole = bundle.first != ModelBundle::First::change;
  for (std::size_t i = 0; i < count; ++i) {
    const Version version = heads.u64();
    const bool follows = whole && i == 0 ? version == bundle.base : version > bundle.to();
    if (!follows) throw FormatError("a bundle's versions are not in order");
    bundle.parts.push_back({version, reader.take(heads.u32())});
  }
  if (whole && count == 0) throw FormatError("a bundle lacks its whole model");
  if (reader.left() != 0) throw FormatError("bytes follow a bundle's last frame");
  return bundle;
}

}  // namespace brume::compression
