#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace brume::compression {

/// Of symbols that are not `zero`, in order: 1 below, 0 above.
std::vector<std::uint8_t> signs_without_zeros(std::span<const std::uint8_t> symbols, unsigned zero);

/// Signs, 1 for a negative number, where neighbours often have the same: in a linear or convolutional layer the
/// gradients of a unit's weights have the sign of its inputs, none of which is below zero behind a rectifier. What is
/// coded is whether a sign differs from the one before, in segments (segments.hpp), with a frequency for each of the 32
/// ways in which the last six differ. Appends a byte, 0 for packed bits and 1 for coded ones, and whichever of both is
/// shorter.
void write_signs(std::span<const std::uint8_t> signs, std::vector<std::byte>& out);

/// Undoes it: all of `bytes` must be used up. Throws FormatError for anything else.
void read_signs(std::span<const std::byte> bytes, std::span<std::uint8_t> signs);

}  // namespace brume::compression
