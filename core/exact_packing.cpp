#include "core/exact_packing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "core/bit_packing.hpp"

namespace brume {

namespace {

constexpr std::size_t kBlock = 256;
constexpr int kRawBits = 64;
constexpr int kMostShift = 63;

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

// value = symbol · factor · 2^shift for every element of a block.
struct Scale {
  int shift = 0;
  std::uint64_t factor = 1;
};

Scale common_scale(std::span<const std::int64_t> values) {
  std::uint64_t all = 0;
  for (const auto value : values) all |= magnitude(value);
  if (all == 0) return {};
  Scale scale{std::countr_zero(all), 0};
  for (const auto value : values) {
    const auto reduced = magnitude(value) >> scale.shift;
    if (reduced == 0 || (scale.factor > 1 && reduced % scale.factor == 0)) continue;
    scale.factor = std::gcd(scale.factor, reduced);
    if (scale.factor == 1) break;
  }
  return scale;
}

// Two's complement: the sign and the magnitude's bits.
int bits_for(std::span<const std::int64_t> symbols) {
  std::uint64_t all = 0;
  for (const auto symbol : symbols) all |= static_cast<std::uint64_t>(symbol < 0 ? ~symbol : symbol);
  const bool negative = std::any_of(symbols.begin(), symbols.end(), [](auto symbol) { return symbol < 0; });
  if (all == 0 && !negative) return 0;
  const int bits = 1 + static_cast<int>(std::bit_width(all));
  return bits <= kMostPackedBits ? bits : kRawBits;
}

void pack_block(std::span<const std::int64_t> values, ByteWriter& out) {
  std::array<std::int64_t, kBlock> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  const auto symbols = std::span(room).first(values.size());
  const Scale scale = common_scale(values);
  std::transform(values.begin(), values.end(), symbols.begin(), [&](std::int64_t value) {
    const auto reduced = static_cast<std::int64_t>((magnitude(value) >> scale.shift) / scale.factor);
    return value < 0 ? -reduced : reduced;
  });
  const int bits = bits_for(symbols);
  out.u8(static_cast<std::uint8_t>(bits));
  if (bits == 0) return;
  out.u8(static_cast<std::uint8_t>(scale.shift));
  out.varint(scale.factor);
  if (bits == kRawBits) return out.append(std::as_bytes(symbols));
  pack<std::int64_t>(symbols, bits, out.extend(packed_bytes(symbols.size(), bits)));
}

std::int64_t scaled(std::int64_t symbol, const Scale& scale) {
  std::uint64_t product = 0;
  const std::uint64_t most = std::uint64_t{1} << 62;
  if (__builtin_mul_overflow(magnitude(symbol), scale.factor, &product) || product > most >> scale.shift)
    throw FormatError("a packed sum is out of range");
  const auto value = static_cast<std::int64_t>(product << scale.shift);
  return symbol < 0 ? -value : value;
}

void unpack_block(ByteReader& in, std::span<std::int64_t> values) {
  const int bits = in.u8();
  if (bits == 0) return std::fill(values.begin(), values.end(), 0);
  Scale scale{in.u8(), in.varint()};
  if ((bits > kMostPackedBits && bits != kRawBits) || scale.shift > kMostShift || scale.factor == 0)
    throw FormatError("a block of packed sums has an invalid header");
  const auto packed = in.take(packed_bytes(values.size(), bits));
  if (bits == kRawBits) {
    std::memcpy(values.data(), packed.data(), packed.size());
  } else {
    if (!padding_is_zero(packed, values.size(), bits))
      throw FormatError("a block of packed sums is not filled with zeros");
    unpack<std::int64_t>(packed, bits, values);
  }
  for (auto& value : values) value = scaled(value, scale);
}

}  // namespace

void pack_exactly(std::span<const std::int64_t> values, ByteWriter& out) {
  for (std::size_t first = 0; first < values.size(); first += kBlock)
    pack_block(values.subspan(first, std::min(kBlock, values.size() - first)), out);
}

void unpack_exactly(ByteReader& in, std::span<std::int64_t> values) {
  for (std::size_t first = 0; first < values.size(); first += kBlock)
    unpack_block(in, values.subspan(first, std::min(kBlock, values.size() - first)));
}

}  // namespace brume
