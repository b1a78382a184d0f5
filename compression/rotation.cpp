#include "compression/rotation.hpp"

#include <cmath>

#include "brume/error.hpp"
#include "compression/hadamard.hpp"

namespace brume::compression {

namespace {

void shorten(std::span<float> part) {
  const auto factor = static_cast<float>(1 / std::sqrt(static_cast<double>(part.size())));
  for (float& value : part) value *= factor;
}

}  // namespace

void put_tail(std::span<const float> values, Stream& stream, std::vector<std::byte>& side) {
  const auto tail = values.last(tail_of(values.size()));
  for (const float value : tail) {
    const std::uint32_t half = (std::bit_cast<std::uint32_t>(value) + (stream.next() & 0xFFFFU)) >> 16;
    side.push_back(static_cast<std::byte>(half));
    side.push_back(static_cast<std::byte>(half >> 8));
  }
  side.push_back(static_cast<std::byte>(tail.size()));
}

std::vector<float> take_tail(std::vector<std::byte>& side) {
  const std::size_t count = side.empty() ? kLeastPart : std::to_integer<std::size_t>(side.back());
  if (count >= kLeastPart || side.size() < 1 + 2 * count) throw FormatError("a block lacks its last values");
  const auto* at = side.data() + side.size() - 1 - 2 * count;
  std::vector<float> tail(count);
  for (float& value : tail) {
    const auto half = std::to_integer<std::uint32_t>(at[0]) | std::to_integer<std::uint32_t>(at[1]) << 8;
    value = std::bit_cast<float>(half << 16);
    if (!(std::fabs(value) < 0x1p127F)) throw FormatError("a value is out of range");
    at += 2;
  }
  side.resize(side.size() - 1 - 2 * count);
  return tail;
}

std::vector<std::uint32_t> random_signs(Stream& stream, std::size_t size) {
  std::vector<std::uint32_t> words((size + 31) / 32);
  stream.fill(words);
  return words;
}

void rotate(std::span<float> values, Stream stream) {
  for_each_part(values.size(), [&](std::size_t first, std::size_t size) {
    const auto part = values.subspan(first, size);
    flip_signs(part, random_signs(stream, size));
    shorten(part);
    walsh_hadamard(part);
  });
}

void rotate_back(std::span<float> values, Stream stream) {
  for_each_part(values.size(), [&](std::size_t first, std::size_t size) {
    const auto part = values.subspan(first, size);
    shorten(part);
    walsh_hadamard(part);
    flip_signs(part, random_signs(stream, size));
  });
}

}  // namespace brume::compression
