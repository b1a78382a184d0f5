#pragma once

#include <cstdint>
#include <span>

namespace brume::compression {

/// The upper halves of floats, with their signs extended: rounded to the nearest, ties to even; or, where there are
/// `words`, up with the probability of the bits that go. Values are finite.
void to_bf16(std::span<const float> values, std::span<const std::uint32_t> words, std::span<std::int32_t> halves);

/// IEEE 754 binary16 to the nearest, ties to even, with signs extended; returns whether it can hold all of them.
bool to_fp16(std::span<const float> values, std::span<std::int32_t> halves);

/// Undo them; return whether all are finite.
bool from_bf16(std::span<const std::int32_t> halves, std::span<float> values);
bool from_fp16(std::span<const std::int32_t> halves, std::span<float> values);

}  // namespace brume::compression
