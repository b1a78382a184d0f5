#pragma once

#include <cstdint>
#include <span>

namespace brume::compression {

/// How far values reach. The sum is of doubles, added in sixteen parts: elements with the same place modulo sixteen,
/// what whole sixteens leave to the first.
struct Extent {
  double sum = 0;
  float largest = 0;  ///< magnitude
};

/// With the sum of squares. Throws Error if a value is not finite or not below 2^126 in magnitude, as the others do.
Extent extent_of_squares(std::span<const float> values);
/// With the sum of magnitudes; `symbols` become −1 for values below zero, 0 for the others.
Extent signs_of(std::span<const float> values, std::span<std::int32_t> symbols);
void require_finite(std::span<const float> values);

/// The largest of the values and of their negatives, 0 if there are none.
struct Reach {
  float positive = 0;
  float negative = 0;
};
Reach reach_of(std::span<const float> values);

}  // namespace brume::compression
