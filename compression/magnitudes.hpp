#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/rans_steps.hpp"

namespace brume::compression {

/// Magnitudes with where the step of each lies, and in a trellis, of eight that begin in state 0, its quantiser, else
/// none.
struct MagnitudesInSegments {
  std::span<const std::uint8_t> magnitudes;
  std::span<const std::uint16_t> places;
  std::span<const std::uint8_t> quantisers;
};

/// Appends them in segments (segments.hpp): each by the step at its place, which is that of the magnitude in the table
/// of its neighbours' class (neighbours.hpp), in a trellis in that of 2 · class + quantiser. There three bits tell
/// where each of the eight stands at the start of each segment but the first, before all else.
void encode_magnitudes(const MagnitudesInSegments& all, std::span<const RansStep> steps, std::vector<std::byte>& out);

/// Undoes it: all of `bytes` must be used up. `of_sum` is the class of each sum of neighbours; in a trellis each class
/// has a table for both quantisers. Throws FormatError for anything else.
void decode_magnitudes(std::span<const std::byte> bytes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t, 256> of_sum, bool in_trellis, std::span<std::uint8_t> magnitudes);

}  // namespace brume::compression
