#include "compression/neighbours.hpp"

#include <algorithm>
#include <cstdlib>

#include "compression/table_ranges.hpp"

namespace brume::compression {

namespace {

// The first sum of each range but the first.
constexpr std::array<std::size_t, 14> kBounds{1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 46, 64, 90, 128};

std::size_t range_of(std::size_t sum) {
  return static_cast<std::size_t>(std::upper_bound(kBounds.begin(), kBounds.end(), sum) - kBounds.begin());
}

unsigned magnitude(std::uint8_t symbol, unsigned zero) {
  return static_cast<unsigned>(std::abs(static_cast<int>(symbol) - static_cast<int>(zero)));
}

}  // namespace

NeighbourClasses classify_by_neighbours(std::span<const std::uint8_t> symbols, unsigned zero,
                                        std::span<const std::uint8_t> of, std::size_t tables, std::size_t most) {
  NeighbourClasses classes;
  for (std::size_t sum = 0; sum < classes.of_sum.size(); ++sum)
    classes.of_sum[sum] = static_cast<std::uint8_t>(range_of(sum));
  RangeCounts counts((kBounds.size() + 1) * tables);  // those of a range beside each other
  Neighbourhood before;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    ++counts[classes.of_sum[before.sum()] * tables + (of.empty() ? 0 : of[i])][symbols[i]];
    before.add(magnitude(symbols[i], zero));
  }
  const auto ranges = merge_ranges(counts, tables, most);
  classes.count = ranges.count();
  classes.bits = static_cast<std::uint64_t>(ranges.bits) + kBounds.size();
  // Sums behind the last that occurs belong to the last class.
  for (auto& range : classes.of_sum)
    range = std::min(ranges.class_of(range), static_cast<std::uint8_t>(classes.count - 1));
  return classes;
}

std::vector<std::uint8_t> classes_of(const NeighbourClasses& classes, std::span<const std::uint8_t> symbols,
                                     unsigned zero, std::size_t segment) {
  std::vector<std::uint8_t> of(symbols.size());
  for (std::size_t first = 0; first < symbols.size(); first += segment) {
    Neighbourhood before;
    for (std::size_t i = first; i < std::min(symbols.size(), first + segment); ++i) {
      of[i] = classes.of_sum[before.sum()];
      before.add(magnitude(symbols[i], zero));
    }
  }
  return of;
}

void write_classes(const NeighbourClasses& classes, BitWriter& out) {
  for (const auto bound : kBounds) out.put(classes.of_sum[bound] != classes.of_sum[bound - 1] ? 1 : 0, 1);
}

NeighbourClasses read_neighbour_classes(BitReader& in) {
  NeighbourClasses classes;
  std::array<std::uint8_t, kBounds.size() + 1> of_range{};
  for (std::size_t range = 1; range < of_range.size(); ++range)
    of_range[range] = static_cast<std::uint8_t>(of_range[range - 1] + in.get(1));
  classes.count = std::size_t{of_range.back()} + 1;
  for (std::size_t sum = 0; sum < classes.of_sum.size(); ++sum) classes.of_sum[sum] = of_range[range_of(sum)];
  return classes;
}

}  // namespace brume::compression
