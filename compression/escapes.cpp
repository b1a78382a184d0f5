#include "compression/escapes.hpp"

#include <algorithm>
#include <cstdlib>

#include "brume/error.hpp"

namespace brume::compression {

namespace {

constexpr std::int32_t kLarge = 126;
constexpr std::size_t kOneIn = 64;

bool is_large(std::int32_t symbol) { return symbol >= kLarge || symbol <= -kLarge; }

std::size_t large_ones(std::span<const std::int32_t> symbols) {
  return static_cast<std::size_t>(std::count_if(symbols.begin(), symbols.end(), is_large));
}

}  // namespace

bool few_are_large(std::span<const std::int32_t> symbols) {
  const std::size_t large = large_ones(symbols);
  return large > 0 && large <= symbols.size() / kOneIn;
}

void cut_large(std::span<std::int32_t> symbols, ByteWriter& out) {
  for (auto& symbol : symbols) {
    if (!is_large(symbol)) continue;
    const std::int32_t magnitude = std::abs(symbol);
    const std::int32_t kept = kLarge + magnitude % 2;
    out.varint(static_cast<std::uint64_t>(magnitude - kept) / 2);
    symbol = symbol < 0 ? -kept : kept;
  }
}

void restore_large(std::span<std::int32_t> symbols, int most_bits, ByteReader& in) {
  if (large_ones(symbols) > symbols.size() / kOneIn) throw FormatError("a block has too many large symbols");
  const auto lowest = std::uint64_t{1} << (most_bits - 1);
  for (auto& symbol : symbols) {
    if (!is_large(symbol)) continue;
    const auto most = symbol < 0 ? lowest : lowest - 1;  // there is one more below zero
    const auto missing = in.varint();
    const auto kept = static_cast<std::uint64_t>(std::abs(symbol));
    if (missing > most || kept + 2 * missing > most) throw FormatError("a block has a symbol that is too large");
    const auto magnitude = static_cast<std::int32_t>(kept + 2 * missing);
    symbol = symbol < 0 ? -magnitude : magnitude;
  }
}

}  // namespace brume::compression
