#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/frequencies.hpp"

namespace brume::compression {

/// Appends magnitudes in segments (segments.hpp), each coded by the table of its context `of`, which follows from its
/// neighbours in the segment (neighbours.hpp). In a trellis, of eight that begin in state 0, `of` is 2 · class +
/// quantiser, and three bits tell where each of the eight stands at the start of each segment but the first, before all
/// else.
void encode_magnitudes(std::span<const std::uint8_t> magnitudes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t> of, bool in_trellis, std::vector<std::byte>& out);

/// Undoes it: all of `bytes` must be used up. `of_sum` is the class of each sum of neighbours; in a trellis each class
/// has a table for both quantisers. Throws FormatError for anything else.
void decode_magnitudes(std::span<const std::byte> bytes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t> of_sum, bool in_trellis, std::span<std::uint8_t> magnitudes);

}  // namespace brume::compression
