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

// value = symbol · factor · 2^shift for every element of a block; the factor is odd.
struct Scale {
  int shift = 0;
  std::uint64_t factor = 1;
};

// Modulo 2^64, by Newton's iteration: an odd number is its own inverse modulo 8, and every step doubles the bits.
std::uint64_t inverse(std::uint64_t odd) {
  std::uint64_t inverse = odd;
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  return inverse;
}

std::uint64_t odd_part(std::uint64_t value) { return value >> std::countr_zero(value); }

// A multiple of an odd number, times its inverse, is the quotient; of what is no multiple it is beyond every quotient
// (Granlund and Montgomery, 1994, section 9). Dividing would cost several times as much.
std::uint64_t common_odd_factor(std::span<const std::int64_t> values, int shift) {
  std::uint64_t factor = 0;
  std::uint64_t inverted = 0;
  std::uint64_t most = 0;
  for (const auto value : values) {
    const auto reduced = magnitude(value) >> shift;
    if (reduced == 0 || (factor != 0 && reduced * inverted <= most)) continue;
    factor = std::gcd(factor, odd_part(reduced));
    if (factor == 1) break;
    inverted = inverse(factor);
    most = UINT64_MAX / factor;
  }
  return factor;
}

Scale common_scale(std::span<const std::int64_t> values) {
  std::uint64_t all = 0;
  for (const auto value : values) all |= static_cast<std::uint64_t>(value);  // a negative's lowest bit is its own
  if (all == 0) return {};
  const int shift = std::countr_zero(all);
  return {shift, common_odd_factor(values, shift)};
}

// Two's complement: the sign and the magnitude's bits.
int bits_for(std::span<const std::int64_t> symbols) {
  std::uint64_t all = 0;
  std::uint64_t signs = 0;
  for (const auto symbol : symbols) {
    const auto sign = static_cast<std::uint64_t>(symbol >> 63);
    all |= static_cast<std::uint64_t>(symbol) ^ sign;
    signs |= sign;
  }
  if (all == 0 && signs == 0) return 0;
  const int bits = 1 + static_cast<int>(std::bit_width(all));
  return bits <= kMostPackedBits ? bits : kRawBits;
}

void pack_block(std::span<const std::int64_t> values, ByteWriter& out) {
  std::array<std::int64_t, kBlock> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  const auto symbols = std::span(room).first(values.size());
  const Scale scale = common_scale(values);
  const auto inverted = inverse(scale.factor);
  std::transform(values.begin(), values.end(), symbols.begin(), [&](std::int64_t value) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value >> scale.shift) * inverted);
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
  if (bits + scale.shift + static_cast<int>(std::bit_width(scale.factor)) < kRawBits) {  // whatever the symbols are
    const auto factor = static_cast<std::int64_t>(scale.factor << scale.shift);
    for (auto& value : values) value *= factor;
  } else {
    for (auto& value : values) value = scaled(value, scale);
  }
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
