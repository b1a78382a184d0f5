#include "compression/hadamard.hpp"

#include <bit>
#include <cassert>

namespace brume::compression {

namespace {

constexpr std::size_t kInCache = 4096;  // floats: what is below is transformed while it lies in the first-level cache

void butterflies(float* low, float* high, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float a = low[i];
    const float b = high[i];
    low[i] = a + b;
    high[i] = a - b;
  }
}

void passes(std::span<float> values, std::size_t from, std::size_t to) {
  for (std::size_t half = from; half < to; half *= 2)
    for (std::size_t first = 0; first < values.size(); first += 2 * half)
      butterflies(&values[first], &values[first + half], half);
}

}  // namespace

void walsh_hadamard(std::span<float> values) {
  assert(std::has_single_bit(values.size()));
  const std::size_t part = std::min(kInCache, values.size());
  for (std::size_t first = 0; first < values.size(); first += part) passes(values.subspan(first, part), 1, part);
  passes(values, part, values.size());
}

void flip_signs(std::span<float> values, std::span<const std::uint32_t> words) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t sign = words[i / 32] << (31 - i % 32) & 0x80000000U;
    values[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(values[i]) ^ sign);
  }
}

}  // namespace brume::compression
