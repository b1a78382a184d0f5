#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/bits.hpp"

namespace brume::compression {

/// How many low bits a Golomb–Rice code of gaps should have when a share p of the positions is taken (Sattler et al.
/// 2019, eq. 16): 1 + ⌊log₂(ln(φ − 1) / ln(1 − p))⌋, at least 0.
int golomb_bits(std::size_t taken, std::size_t of);

/// Ascending positions as gaps: what is above the low bits in unary, then the low bits.
void write_gap(BitWriter& out, std::uint32_t gap, int low_bits);
/// Throws FormatError for a gap above `most`.
std::uint32_t read_gap(BitReader& in, std::uint32_t most, int low_bits);

/// `taken` gaps below `of` take no more bits.
std::size_t most_gap_bits(std::size_t taken, std::size_t of);

}  // namespace brume::compression
