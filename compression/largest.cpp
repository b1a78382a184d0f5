#include "compression/largest.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "compression/largest_kernels.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kSample = 4096;

// For non-negative floats the order of the bits is the order of the values.
std::uint32_t magnitude(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFF; }

std::uint32_t kth_largest(std::vector<std::uint32_t>& magnitudes, std::size_t k) {
  const auto place = magnitudes.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(magnitudes.begin(), place, magnitudes.end(), std::greater<>());
  return *place;
}

// A magnitude that, as a sample says, a few more than k values reach; 0 if the sample cannot tell.
std::uint32_t guess(std::span<const float> values, std::size_t k) {
  if (values.size() < 4 * kSample) return 0;
  const double expected = static_cast<double>(kSample) * static_cast<double>(k) / static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(expected + 4 * std::sqrt(expected) + 8);
  if (rank >= kSample) return 0;
  std::vector<std::uint32_t> sample(kSample);
  const std::size_t stride = values.size() / kSample;
  for (std::size_t i = 0; i < kSample; ++i) sample[i] = magnitude(values[i * stride]);
  return kth_largest(sample, rank);
}

// Piece by piece: what is found is much less than all.
std::vector<std::uint32_t> positions_of(std::span<const float> values, std::uint32_t threshold) {
  constexpr std::size_t kPiece = 16384;
  std::array<std::uint32_t, kPiece> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before use
  std::vector<std::uint32_t> positions;
  for (std::size_t first = 0; first < values.size(); first += kPiece) {
    const auto some = values.subspan(first, std::min(kPiece, values.size() - first));
    const std::size_t count = at_least(some, threshold, piece.data());
    for (std::size_t i = 0; i < count; ++i) piece[i] += static_cast<std::uint32_t>(first);
    positions.insert(positions.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return positions;
}

std::vector<std::uint32_t> candidates(std::span<const float> values, std::size_t k) {
  auto found = positions_of(values, guess(values, k));
  return found.size() < k ? positions_of(values, 0) : found;
}

}  // namespace

std::vector<std::uint32_t> largest(std::span<const float> values, std::size_t k) {
  auto positions = candidates(values, k);
  std::vector<std::uint32_t> magnitudes(positions.size());
  std::transform(positions.begin(), positions.end(), magnitudes.begin(),
                 [&](std::uint32_t position) { return magnitude(values[position]); });
  auto sorted = magnitudes;
  const std::uint32_t threshold = kth_largest(sorted, k);
  const auto above = std::count_if(magnitudes.begin(), magnitudes.end(), [&](auto size) { return size > threshold; });
  std::size_t equal_left = k - static_cast<std::size_t>(above);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (magnitudes[i] < threshold || (magnitudes[i] == threshold && equal_left == 0)) continue;
    if (magnitudes[i] == threshold) --equal_left;
    positions[kept++] = positions[i];
  }
  positions.resize(kept);
  return positions;
}

}  // namespace brume::compression
