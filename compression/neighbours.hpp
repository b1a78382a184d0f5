#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compression/bits.hpp"
#include "compression/tally.hpp"

namespace brume::compression {

/// The sum of the last eight magnitudes, each up to 31.
class Neighbourhood {
 public:
  static constexpr unsigned kMost = 31;

  std::size_t sum() const { return sum_; }
  void add(unsigned magnitude) {
    const std::uint64_t size = magnitude < kMost ? magnitude : kMost;
    sum_ += size - (last_ >> 56);
    last_ = last_ << 8 | size;
  }

 private:
  std::uint64_t last_ = 0;
  std::uint64_t sum_ = 0;
};

/// Symbols told apart by those before them, where models change from element to element: a class for each range of
/// their Neighbourhood's sums, with tables of its own. Costs no bits, but a decoder waits for each symbol.
struct NeighbourClasses {
  static constexpr std::size_t kRanges = 15;
  std::array<std::uint8_t, kRanges> of_range{};
  std::array<std::uint8_t, 256> of_sum{};  ///< the same for each sum
  std::size_t count = 1;
  std::uint64_t bits = 0;  ///< about what symbols and tables take
  Tally counts;            ///< of each class, for each context
  // Where symbols were classified, of each:
  std::vector<std::uint8_t> sums;     ///< or, where these are wanted:
  std::vector<std::uint16_t> places;  ///< (range of its sum · contexts + its context) · width of counts + symbol
};

/// The classes of sums with which numbers take the fewest bits, at most `most`. `sizes` are their magnitudes, and those
/// of a segment know nothing of the ones before it; `keys` are what is coded, as many numbers or magnitudes with their
/// contexts, at most kMostContexts.
NeighbourClasses classify_by_neighbours(std::span<const std::uint8_t> sizes, const Keys& keys, std::size_t most,
                                        std::size_t segment, bool places);

/// A bit for each of fourteen bounds of sums, 1 if a class ends there. Reading throws FormatError.
void write_classes(const NeighbourClasses& classes, BitWriter& out);
NeighbourClasses read_neighbour_classes(BitReader& in);

}  // namespace brume::compression
