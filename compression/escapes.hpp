#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace brume::compression {

/// Symbols of which a few are so large that all together would take more than a byte: these keep 126 or 127 in it,
/// whichever has their parity, by which a trellis goes on, and half of what is missing is written behind.

/// Whether there are large ones, and no more than one in 64 of them.
bool few_are_large(std::span<const std::int32_t> symbols);

/// Cuts large ones and appends what is missing, a varint each.
void cut_large(std::span<std::int32_t> symbols, ByteWriter& out);

/// Undoes it. Throws FormatError for one that does not fit `most_bits`, or if there are more than one in 64.
void restore_large(std::span<std::int32_t> symbols, int most_bits, ByteReader& in);

}  // namespace brume::compression
