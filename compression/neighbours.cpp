#include "compression/neighbours.hpp"

#include <algorithm>

#include "brume/codec.hpp"
#include "compression/table_ranges.hpp"

namespace brume::compression {

namespace {

// The first sum of each range but the first.
constexpr std::array<std::size_t, 14> kBounds{1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 46, 64, 90, 128};

// Of each sum.
constexpr auto kRangeOf = [] {
  std::array<std::uint8_t, 256> range_of{};
  for (std::size_t sum = 0; sum < range_of.size(); ++sum)
    range_of[sum] = static_cast<std::uint8_t>(std::upper_bound(kBounds.begin(), kBounds.end(), sum) - kBounds.begin());
  return range_of;
}();
static_assert(kBounds.size() + 1 == NeighbourClasses::kRanges);
static_assert(NeighbourClasses::kRanges * kMostContexts * 256 <= 1U << 16, "places have 16 bits");

void set_classes(NeighbourClasses& classes, const std::array<std::uint8_t, NeighbourClasses::kRanges>& of_range) {
  classes.of_range = of_range;
  std::transform(kRangeOf.begin(), kRangeOf.end(), classes.of_sum.begin(), [&](auto range) { return of_range[range]; });
}

// What a Neighbourhood has before each magnitude: the sum of the eight that begin there, behind as many zeros.
std::vector<std::uint8_t> sums_before(std::span<const std::uint8_t> sizes, std::size_t segment) {
  constexpr std::size_t kBefore = 8;
  constexpr std::uint8_t kMost = Neighbourhood::kMost;
  std::vector<std::uint8_t> sums(sizes.size());
  std::vector<std::uint8_t> padded(kBefore + std::min(segment, sizes.size()));
  for (std::size_t first = 0; first < sizes.size(); first += segment) {
    const std::size_t count = std::min(segment, sizes.size() - first);
    for (std::size_t i = 0; i < count; ++i) padded[kBefore + i] = sizes[first + i] < kMost ? sizes[first + i] : kMost;
    const auto* size = padded.data();
    auto* sum = &sums[first];
    for (std::size_t i = 0; i < count; ++i)
      sum[i] = static_cast<std::uint8_t>(size[i] + size[i + 1] + size[i + 2] + size[i + 3] + size[i + 4] + size[i + 5] +
                                         size[i + 6] + size[i + 7]);
  }
  return sums;
}

}  // namespace

NeighbourClasses classify_by_neighbours(std::span<const std::uint8_t> sizes, const Keys& keys, std::size_t most,
                                        std::size_t segment, bool places) {
  NeighbourClasses classes;
  std::array<std::uint32_t, 256> first_of_sum;
  for (std::size_t sum = 0; sum < first_of_sum.size(); ++sum)
    first_of_sum[sum] = static_cast<std::uint32_t>(kRangeOf[sum] * keys.stride());
  classes.sums = sums_before(sizes, segment);
  if (places) classes.places.resize(sizes.size());
  const auto counts = tally(keys, NeighbourClasses::kRanges, first_of_sum, classes.sums, classes.places);
  if (places) classes.sums.clear();
  auto ranges = merge_ranges(counts, keys.contexts, most);
  classes.count = ranges.count();
  classes.bits = static_cast<std::uint64_t>(ranges.bits) + kBounds.size();
  classes.counts = std::move(ranges.counts);
  // Ranges behind the last that occurs have the last class.
  std::array<std::uint8_t, NeighbourClasses::kRanges> of_range;
  for (std::size_t range = 0; range < of_range.size(); ++range)
    of_range[range] = std::min(ranges.class_of(range), static_cast<std::uint8_t>(classes.count - 1));
  set_classes(classes, of_range);
  return classes;
}

void write_classes(const NeighbourClasses& classes, BitWriter& out) {
  for (const auto bound : kBounds) out.put(classes.of_sum[bound] != classes.of_sum[bound - 1] ? 1 : 0, 1);
}

NeighbourClasses read_neighbour_classes(BitReader& in) {
  NeighbourClasses classes;
  std::array<std::uint8_t, NeighbourClasses::kRanges> of_range{};
  for (std::size_t range = 1; range < of_range.size(); ++range)
    of_range[range] = static_cast<std::uint8_t>(of_range[range - 1] + in.get(1));
  classes.count = std::size_t{of_range.back()} + 1;
  set_classes(classes, of_range);
  return classes;
}

}  // namespace brume::compression
