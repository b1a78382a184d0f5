#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/trellis.hpp"

namespace brume::compression::trellis {

/// What symbols are expected to cost, in bits, for each quantiser: of magnitudes 0 to 3, and beyond as 3 and linear and
/// quadratic terms in what they are more.
struct Rates {
  std::array<float, 4> first{1.5F, 2, 2.5F, 3};
  float linear = 0.5F;
  float quadratic = 0;
};

/// The path with the least Σ (x/Δ − point)² + λ · bits.
struct Path {
  std::vector<std::int32_t> symbols;
  std::vector<std::uint8_t> quantisers;  ///< of each symbol
};

/// Viterbi's search (Viterbi 1967), the eight trellises of a block side by side. `values` are in units of Δ, below 2^22
/// in magnitude.
void search(std::span<const float> values, const std::array<Rates, 2>& rates, float lambda, Path& path);

/// The rates of a path's symbols; those of `before` where there are too few.
std::array<Rates, 2> rates_of(const Path& path, const std::array<Rates, 2>& before);

}  // namespace brume::compression::trellis
