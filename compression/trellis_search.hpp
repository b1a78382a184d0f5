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

using RatePair = std::array<Rates, 2>;  ///< of each quantiser

/// Parts of a block in which symbols are spread alike: groups of neighbouring elements have a class, each class has
/// rates.
inline constexpr std::size_t kRateGroup = 16;
struct RateClasses {
  std::vector<RatePair> rates{1};
  std::vector<std::uint8_t> of_group;  ///< below rates.size(), of each group
};

/// Groups by the sum of their magnitudes, as many classes as there are worth telling apart; with rates to begin with.
RateClasses rate_classes(std::span<const float> values);

/// The path with the least Σ (x/Δ − point)² + λ · bits.
struct Path {
  std::vector<std::int32_t> symbols;
  std::vector<std::uint8_t> quantisers;  ///< of each symbol
};

/// In units of Δ; symbols are half as large and have 16 bits.
inline constexpr float kMostValue = 0x1p15F;

/// Viterbi's search (Viterbi 1967), the eight trellises of a block side by side. `values` are in units of Δ, below
/// kMostValue in magnitude.
void search(std::span<const float> values, const RateClasses& classes, float lambda, Path& path);

/// Makes the rates those of a path's symbols, but for classes with too few.
void learn_rates(const Path& path, RateClasses& classes);

}  // namespace brume::compression::trellis
