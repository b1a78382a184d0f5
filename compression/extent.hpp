#pragma once

#include <cstddef>
#include <span>

namespace brume::compression {

/// How far values reach. Sums are of doubles, added in eight parts: elements with the same place modulo eight.
struct Extent {
  double squares = 0;
  double magnitudes = 0;
  float largest = 0;  ///< magnitude
};

/// Throws Error if a value is not finite or not below 2^126 in magnitude, as the others do.
Extent extent_of(std::span<const float> values);
void require_finite(std::span<const float> values);

/// The largest of the values and of their negatives, 0 if there are none.
struct Reach {
  float positive = 0;
  float negative = 0;
};
Reach reach_of(std::span<const float> values);

}  // namespace brume::compression
