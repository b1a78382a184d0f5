#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/bits.hpp"
#include "compression/rans.hpp"
#include "compression/tally.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

/// Layers and rows of a model differ in scale, and one table of frequencies fits none of them. Groups of neighbouring
/// symbols are told apart by the sum of their magnitudes: a class for each range of sums, with tables of its own.
struct SizeClasses {
  std::vector<std::uint8_t> of_group;  ///< below `count`
  std::size_t count = 1;
  std::uint64_t bits = 0;        ///< about what symbols, tables and classes take; see plain_bits
  std::uint64_t plain_bits = 0;  ///< with one class for all
  bool alike = true;             ///< all groups are: there are no classes, and nothing was counted
  Tally counts;                  ///< of each class, for each context

  bool worthwhile() const { return count > 1 && bits < plain_bits; }
};

/// The classes with which numbers take the fewest bits, at most `most`. `sizes` are their magnitudes, `counts` those of
/// magnitudes for each context; `keys` are what is coded, as many numbers or magnitudes with their contexts.
SizeClasses classify(std::span<const std::uint8_t> sizes, const Tally& counts, const Keys& keys, std::size_t most);

/// Appends the classes of groups, and takes them back: `groups` of them. Throws FormatError.
void write_classes(const SizeClasses& classes, std::vector<std::byte>& out);
SizeClasses read_classes(ByteReader& in, std::size_t groups);

}  // namespace brume::compression
