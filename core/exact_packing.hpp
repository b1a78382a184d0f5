#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace brume {

/// Packs integers of magnitudes up to 2⁶² losslessly, in blocks of 256, each in the bits that it needs once the factor
/// that all its elements share is taken out (core/PARTIAL.md). Sums of dequantised updates share powers of two and
/// often a weight.
void pack_exactly(std::span<const std::int64_t> values, ByteWriter& out);

/// Undoes pack_exactly(). Throws FormatError for what it cannot have written.
void unpack_exactly(ByteReader& in, std::span<std::int64_t> values);

}  // namespace brume
