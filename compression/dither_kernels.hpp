#pragma once

#include <cstdint>
#include <span>

namespace brume::compression {

/// With u = word / 2^32 − ½ of each element: k = ⌊x · inverse + u + ½⌋ within ±most, negated where u < 0. In double.
void dither(std::span<const float> values, std::span<const std::uint32_t> words, double inverse, std::int32_t most,
            std::span<std::int32_t> symbols);

/// step · (k − u), in double, rounded once.
void undo_dither(std::span<const std::int32_t> symbols, std::span<const std::uint32_t> words, double step,
                 std::span<float> values);

/// |u| in sixteenths.
void dither_contexts(std::span<const std::uint32_t> words, std::span<std::uint8_t> contexts);

}  // namespace brume::compression
