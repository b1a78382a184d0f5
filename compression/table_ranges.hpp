#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compression/frequencies.hpp"

namespace brume::compression {

/// How often symbols occur, for each context.
using RangeCounts = std::vector<Frequencies::Counts>;

/// Neighbouring ranges with tables in common.
struct TableRanges {
  std::vector<std::size_t> ends;  ///< the first range behind each class, ascending
  double bits = 0;                ///< about what symbols and tables take
  double plain_bits = 0;          ///< with one class for all

  std::size_t count() const { return ends.size(); }
  std::uint8_t class_of(std::size_t range) const;
};

/// The classes of ranges with which symbols and tables take the fewest bits, or nearly, at most `most`. `counts` are
/// those of each range in turn, of so many contexts.
TableRanges merge_ranges(std::span<const Frequencies::Counts> counts, std::size_t contexts, std::size_t most);

/// About what symbols with these counts take, with a table for each.
double bits_of(const RangeCounts& counts);

}  // namespace brume::compression
