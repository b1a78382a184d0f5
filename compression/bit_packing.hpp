#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace brume::compression {

inline std::size_t packed_bytes(std::size_t count, int bits) {
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

/// Packs the low `bits` (1 … 16) of each symbol into `out`, which has packed_bytes(count, bits) bytes.
void pack(std::span<const std::int32_t> symbols, int bits, std::span<std::byte> out);

/// Undoes pack(): sign-extended symbols.
void unpack(std::span<const std::byte> packed, int bits, std::span<std::int32_t> symbols);

}  // namespace brume::compression
