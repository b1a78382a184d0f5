#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace brume::compression {

/// Of the values whose symbol has a magnitude of 1, 2 or more: how many, and the sum of how much nearer to zero they
/// are than their magnitude says, in 4,096ths of a step. Whole numbers: the same for any number of lanes.
struct Nearer {
  std::array<std::int32_t, 3> counts{};
  std::array<std::int32_t, 3> sums{};
};

/// k = sgn(x)·⌊|x|·inverse + rounding⌋ for each value; at most 65,536 of them, below 2^31 steps.
Nearer quantize_with_zone(std::span<const float> values, float inverse, float rounding,
                          std::span<std::int32_t> symbols);

/// sgn(k) · step · (|k| − shift), with the shift of magnitudes 1, 2 or more; zero for k = 0.
void restore_from_zone(std::span<const std::int32_t> symbols, float step, const std::array<float, 3>& shifts,
                       std::span<float> values);

}  // namespace brume::compression
