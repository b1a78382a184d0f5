#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/frequencies.hpp"

namespace brume::compression {

/// Magnitudes by what is known of each besides: the sum of its neighbours in the segment (neighbours.hpp), and in a
/// trellis, of eight that begin in state 0, its quantiser, else none.
struct MagnitudesInSegments {
  std::span<const std::uint8_t> magnitudes;
  std::span<const std::uint8_t> sums;
  std::span<const std::uint8_t> quantisers;
};

/// Appends them in segments (segments.hpp), each by the table of its sum's class, in a trellis of 2 · class +
/// quantiser. There three bits tell where each of the eight stands at the start of each segment but the first, before
/// all else.
void encode_magnitudes(const MagnitudesInSegments& all, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t, 256> of_sum, std::vector<std::byte>& out);

/// Undoes it: all of `bytes` must be used up. `of_sum` is the class of each sum of neighbours; in a trellis each class
/// has a table for both quantisers. Throws FormatError for anything else.
void decode_magnitudes(std::span<const std::byte> bytes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t, 256> of_sum, bool in_trellis, std::span<std::uint8_t> magnitudes);

}  // namespace brume::compression
