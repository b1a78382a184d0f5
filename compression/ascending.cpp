#include "compression/ascending.hpp"

#include <algorithm>
#include <bit>

#include "brume/error.hpp"
#include "core/bit_packing.hpp"

namespace brume::compression {

namespace {

struct Shape {
  int low_bits = 0;
  std::size_t low_bytes = 0;
  std::size_t high_bits = 0;  // a one for each position, a zero for each step of the high part
  std::size_t bytes() const { return low_bytes + (high_bits + 7) / 8; }
};

Shape shape_of(std::size_t count, std::size_t size) {
  Shape shape;
  shape.low_bits = count == 0 ? 0 : static_cast<int>(std::bit_width(size / count)) - 1;
  shape.low_bytes = packed_bytes(count, shape.low_bits);
  shape.high_bits = count + (size >> shape.low_bits) + 1;
  return shape;
}

bool bit(std::span<const std::byte> bytes, std::size_t at) {
  return (std::to_integer<unsigned>(bytes[at / 8]) >> (at % 8) & 1) != 0;
}

}  // namespace

std::size_t ascending_bytes(std::size_t count, std::size_t size) { return shape_of(count, size).bytes(); }

void pack_ascending(std::span<const std::uint32_t> positions, std::size_t size, std::span<std::byte> out) {
  const Shape shape = shape_of(positions.size(), size);
  std::fill(out.begin(), out.end(), std::byte{0});
  if (shape.low_bits > 0) {
    const std::vector<std::int32_t> low(positions.begin(), positions.end());
    pack(low, shape.low_bits, out.first(shape.low_bytes));
  }
  const auto high = out.subspan(shape.low_bytes);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::size_t at = (positions[i] >> shape.low_bits) + i;
    high[at / 8] |= static_cast<std::byte>(1U << (at % 8));
  }
}

std::vector<std::uint32_t> unpack_ascending(std::span<const std::byte> packed, std::size_t count, std::size_t size) {
  const Shape shape = shape_of(count, size);
  std::vector<std::int32_t> low(count);
  if (shape.low_bits > 0) {
    const auto bytes = packed.first(shape.low_bytes);
    if (!padding_is_zero(bytes, count, shape.low_bits)) throw FormatError("positions are not filled with zeros");
    unpack(bytes, shape.low_bits, low);
  }
  const auto high = packed.subspan(shape.low_bytes);
  std::vector<std::uint32_t> positions;
  positions.reserve(count);
  for (std::size_t at = 0; at < 8 * high.size(); ++at) {
    if (!bit(high, at)) continue;
    const std::size_t i = positions.size();
    if (i == count) throw FormatError("there are more positions than values");
    const auto mask = (std::uint32_t{1} << shape.low_bits) - 1;
    const std::size_t position = (at - i) << shape.low_bits | (static_cast<std::uint32_t>(low[i]) & mask);
    if (position >= size || (i > 0 && position <= positions.back())) throw FormatError("positions do not ascend");
    positions.push_back(static_cast<std::uint32_t>(position));
  }
  if (positions.size() != count) throw FormatError("there are fewer positions than values");
  return positions;
}

}  // namespace brume::compression
