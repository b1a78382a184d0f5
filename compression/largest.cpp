#include "compression/largest.hpp"

#include <algorithm>
#include <bit>

namespace brume::compression {

namespace {

// For non-negative floats the order of the bits is the order of the values.
std::uint32_t magnitude(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFF; }

std::uint32_t kth_largest(std::span<const float> values, std::size_t k) {
  std::vector<std::uint32_t> magnitudes(values.size());
  std::transform(values.begin(), values.end(), magnitudes.begin(), magnitude);
  const auto place = magnitudes.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(magnitudes.begin(), place, magnitudes.end(), std::greater<>());
  return *place;
}

}  // namespace

std::vector<std::uint32_t> largest(std::span<const float> values, std::size_t k) {
  const std::uint32_t threshold = kth_largest(values, k);
  const auto above = std::count_if(values.begin(), values.end(), [&](float v) { return magnitude(v) > threshold; });
  std::size_t equal_left = k - static_cast<std::size_t>(above);
  std::vector<std::uint32_t> positions;
  positions.reserve(k);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto size = magnitude(values[i]);
    if (size < threshold || (size == threshold && equal_left == 0)) continue;
    if (size == threshold) --equal_left;
    positions.push_back(static_cast<std::uint32_t>(i));
  }
  return positions;
}

}  // namespace brume::compression
