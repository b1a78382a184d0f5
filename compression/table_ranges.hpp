#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compression/frequencies.hpp"

namespace brume::compression {

/// How often symbols occur where something lies in one range, for each context; empty if it never does.
using RangeCounts = std::vector<Frequencies::Counts>;

/// Neighbouring ranges with tables in common.
struct TableRanges {
  std::vector<std::size_t> ends;  ///< the first range behind each class, ascending
  double bits = 0;                ///< about what symbols and tables take
  double plain_bits = 0;          ///< with one class for all

  std::size_t count() const { return ends.size(); }
  std::uint8_t class_of(std::size_t range) const;
};

/// The classes of ranges with which symbols and tables take the fewest bits, or nearly, at most `most`.
TableRanges merge_ranges(std::vector<RangeCounts> ranges, std::size_t most);

/// About what symbols with these counts take, with a table for each.
double bits_of(const RangeCounts& counts);

}  // namespace brume::compression
