#pragma once

#include <cstdint>
#include <span>

namespace brume::compression {

/// The Walsh–Hadamard transform without its factor 1/√d, in place; the size is a power of two. Its own inverse but for
/// the factor d. Additions in a fixed order: the same bits on every machine.
void walsh_hadamard(std::span<float> values);

/// Changes the sign of every value whose bit in `words` is set; ⌈size / 32⌉ words.
void flip_signs(std::span<float> values, std::span<const std::uint32_t> words);

}  // namespace brume::compression
