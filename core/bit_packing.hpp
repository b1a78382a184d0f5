#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace brume {

/// The widest symbol that pack() and unpack() take: a window of 64 bits holds it and the 7 bits left of the last.
inline constexpr int kMostPackedBits = 57;

inline std::size_t packed_bytes(std::size_t count, int bits) {
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

/// Packs the low `bits` (1 … 57) of each signed symbol into `out`, which has packed_bytes(count, bits) bytes, from the
/// least significant bit of the first byte on. Bits that are left in the last byte are zeros.
template <class Symbol>
void pack(std::span<const Symbol> symbols, int bits, std::span<std::byte> out) {
  assert(bits >= 1 && bits <= kMostPackedBits && out.size() == packed_bytes(symbols.size(), bits));
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::uint64_t window = 0;
  int filled = 0;
  auto* at = out.data();
  for (const auto symbol : symbols) {
    const auto value = static_cast<std::uint64_t>(symbol) & mask;
    window |= value << filled;
    filled += bits;
    if (filled < 64) continue;
    std::memcpy(at, &window, sizeof window);
    at += sizeof window;
    filled -= 64;
    window = value >> (bits - filled);
  }
  if (filled > 0) std::memcpy(at, &window, static_cast<std::size_t>(filled + 7) / 8);
}

/// Undoes pack(): sign-extended symbols.
template <class Symbol>
void unpack(std::span<const std::byte> packed, int bits, std::span<Symbol> symbols) {
  assert(bits >= 1 && bits <= kMostPackedBits && packed.size() == packed_bytes(symbols.size(), bits));
  const int unused = 64 - bits;
  std::size_t bit = 0;
  for (auto& symbol : symbols) {
    const auto at = bit / 8;
    std::uint64_t window = 0;
    if (at + sizeof window <= packed.size()) {
      std::memcpy(&window, packed.data() + at, sizeof window);
    } else {
      std::memcpy(&window, packed.data() + at, packed.size() - at);
    }
    const auto raised = static_cast<std::int64_t>(window >> bit % 8 << unused);
    symbol = static_cast<Symbol>(raised >> unused);
    bit += static_cast<std::size_t>(bits);
  }
}

/// The same of 32-bit symbols, by vectors where a byte holds whole symbols or is one.
void pack(std::span<const std::int32_t> symbols, int bits, std::span<std::byte> out);
void unpack(std::span<const std::byte> packed, int bits, std::span<std::int32_t> symbols);

/// Whether the bits of the last byte that no symbol fills are zeros.
inline bool padding_is_zero(std::span<const std::byte> packed, std::size_t count, int bits) {
  const auto used = count * static_cast<std::size_t>(bits) % 8;
  return used == 0 || packed.empty() || std::to_integer<unsigned>(packed.back()) >> used == 0;
}

}  // namespace brume
