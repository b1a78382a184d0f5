#include "compression/bit_packing.hpp"

namespace brume::compression {

void pack(std::span<const std::int32_t> symbols, int bits, std::span<std::byte> out) {
  const std::uint32_t mask = (1U << bits) - 1;
  std::uint64_t window = 0;
  int filled = 0;
  std::size_t at = 0;
  for (const auto symbol : symbols) {
    window |= std::uint64_t{static_cast<std::uint32_t>(symbol) & mask} << filled;
    filled += bits;
    while (filled >= 8) {
      out[at++] = static_cast<std::byte>(window);
      window >>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) out[at] = static_cast<std::byte>(window);
}

void unpack(std::span<const std::byte> packed, int bits, std::span<std::int32_t> symbols) {
  const std::uint32_t mask = (1U << bits) - 1;
  const std::int32_t sign = 1 << (bits - 1);
  std::uint64_t window = 0;
  int filled = 0;
  std::size_t at = 0;
  for (auto& symbol : symbols) {
    while (filled < bits) {
      window |= std::uint64_t{static_cast<std::uint8_t>(packed[at++])} << filled;
      filled += 8;
    }
    const auto value = static_cast<std::int32_t>(window & mask);
    symbol = (value ^ sign) - sign;
    window >>= bits;
    filled -= bits;
  }
}

}  // namespace brume::compression
