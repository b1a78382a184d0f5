#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace brume::compression {

/// Bytes that `count` ascending positions below `size` take: always the same, about count · (2 + log₂(size / count))
/// bits (Elias 1974, Fano 1971).
std::size_t ascending_bytes(std::size_t count, std::size_t size);

/// Packs strictly ascending positions below `size` into `out`, which has ascending_bytes() bytes: the low bits of each,
/// then the gaps of the high bits in unary.
void pack_ascending(std::span<const std::uint32_t> positions, std::size_t size, std::span<std::byte> out);

/// Undoes pack_ascending(). Throws FormatError for anything that it cannot have written.
std::vector<std::uint32_t> unpack_ascending(std::span<const std::byte> packed, std::size_t count, std::size_t size);

}  // namespace brume::compression
