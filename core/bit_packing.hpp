#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

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
  using Unsigned = std::make_unsigned_t<Symbol>;
  const auto mask = static_cast<Unsigned>((std::uint64_t{1} << bits) - 1);
  std::uint64_t window = 0;
  int filled = 0;
  std::size_t at = 0;
  for (const auto symbol : symbols) {
    window |= static_cast<std::uint64_t>(static_cast<Unsigned>(symbol) & mask) << filled;
    filled += bits;
    while (filled >= 8) {
      out[at++] = static_cast<std::byte>(window);
      window >>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) out[at] = static_cast<std::byte>(window);
}

/// Undoes pack(): sign-extended symbols.
template <class Symbol>
void unpack(std::span<const std::byte> packed, int bits, std::span<Symbol> symbols) {
  assert(bits >= 1 && bits <= kMostPackedBits && packed.size() == packed_bytes(symbols.size(), bits));
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  const Symbol sign = static_cast<Symbol>(Symbol{1} << (bits - 1));
  std::uint64_t window = 0;
  int filled = 0;
  std::size_t at = 0;
  for (auto& symbol : symbols) {
    while (filled < bits) {
      window |= std::uint64_t{static_cast<std::uint8_t>(packed[at++])} << filled;
      filled += 8;
    }
    const auto value = static_cast<Symbol>(window & mask);
    symbol = static_cast<Symbol>((value ^ sign) - sign);
    window >>= bits;
    filled -= bits;
  }
}

/// Whether the bits of the last byte that no symbol fills are zeros.
inline bool padding_is_zero(std::span<const std::byte> packed, std::size_t count, int bits) {
  const auto used = count * static_cast<std::size_t>(bits) % 8;
  return used == 0 || packed.empty() || std::to_integer<unsigned>(packed.back()) >> used == 0;
}

}  // namespace brume
