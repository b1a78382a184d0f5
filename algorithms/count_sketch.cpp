#include "algorithms/count_sketch.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace brume::algorithms {

namespace {

constexpr std::size_t kMostRows = 32;

// SplitMix64's finaliser (Steele et al. 2014): rows differ by their starting point.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

// The upper half of the hash chooses the column (Lemire 2019), its lowest bit the sign.
CountSketch::Place CountSketch::place(std::size_t row, std::uint64_t position) const {
  const auto hash = mix(mix(position + 1) + 0x9E3779B97F4A7C15U * (row + 1));
  const auto column = static_cast<std::size_t>((hash >> 32) * columns_ >> 32);
  return {row * columns_ + column, (hash & 1) != 0 ? 1.0F : -1.0F};
}

void CountSketch::add(std::uint64_t position, float factor, std::span<float> cells) const {
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto at = place(row, position);
    cells[at.cell] += at.sign * factor;
  }
}

void CountSketch::clear(std::uint64_t position, std::span<float> cells) const {
  for (std::size_t row = 0; row < rows_; ++row) cells[place(row, position).cell] = 0;
}

float CountSketch::estimate(std::uint64_t position, std::span<const float> cells) const {
  assert(rows_ <= kMostRows);
  std::array<float, kMostRows> found{};
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto at = place(row, position);
    found[row] = at.sign * cells[at.cell];
  }
  const auto all = std::span(found).first(rows_);
  std::sort(all.begin(), all.end());
  return rows_ % 2 == 1 ? all[rows_ / 2] : (all[rows_ / 2 - 1] + all[rows_ / 2]) / 2;
}

}  // namespace brume::algorithms
