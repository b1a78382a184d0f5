#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/tally.hpp"

namespace brume::compression {

/// Neighbouring ranges with tables in common.
struct TableRanges {
  std::vector<std::size_t> ends;  ///< the first range behind each class, ascending
  double bits = 0;                ///< about what symbols and tables take
  double plain_bits = 0;          ///< with one class for all
  Tally counts;                   ///< of each class, for each context

  std::size_t count() const { return ends.size(); }
  std::uint8_t class_of(std::size_t range) const;
};

/// The classes of ranges with which symbols and tables take the fewest bits, or nearly, at most `most`. `counts` are
/// those of each range in turn, of so many contexts.
TableRanges merge_ranges(const Tally& counts, std::size_t contexts, std::size_t most);

/// About what symbols with these counts take, with a table for each.
double bits_of(const Tally& counts);

}  // namespace brume::compression
