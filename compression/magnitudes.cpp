#include "compression/magnitudes.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "compression/bits.hpp"
#include "compression/neighbours.hpp"
#include "compression/segments.hpp"
#include "compression/trellis.hpp"

namespace brume::compression {

namespace {

constexpr int kStateBits = 3;

// Sets of states, a bit each: those that follow some of `states` with that quantiser, by a symbol of that parity.
constexpr unsigned followers_of(unsigned states, unsigned quantiser, unsigned parity) {
  unsigned next = 0;
  for (std::size_t state = 0; state < trellis::kStates; ++state)
    if ((states >> state & 1) != 0 && trellis::quantiser(state) == quantiser)
      next |= 1U << trellis::kNext[state][parity];
  return next;
}

constexpr bool three_tell() {
  for (unsigned path = 0; path < 64; ++path) {
    unsigned states = 0xFF;
    for (unsigned step = 0; step < 3; ++step)
      states = followers_of(states, path >> 2 * step & 1, path >> (2 * step + 1) & 1);
    if (std::popcount(states) > 1) return false;
  }
  return true;
}
static_assert(three_tell(), "quantisers and parities of three symbols tell where a trellis stands");

// Before element `at`.
std::uint8_t standing_before(const MagnitudesInSegments& all, std::size_t at) {
  constexpr std::size_t kEnough = 3 * trellis::kLanes;
  unsigned states = at < kEnough ? 1 : 0xFF;
  for (std::size_t i = at < kEnough ? at % trellis::kLanes : at - kEnough; i < at; i += trellis::kLanes)
    states = followers_of(states, all.quantisers[i], all.magnitudes[i] % 2);
  assert(std::has_single_bit(states));
  return static_cast<std::uint8_t>(std::countr_zero(states));
}

void write_standings(const MagnitudesInSegments& all, std::vector<std::byte>& out) {
  BitWriter writer(out);
  for_each_segment(all.magnitudes.size(), [&](std::size_t first, std::size_t /*behind*/) {
    for (std::size_t lane = 0; first > 0 && lane < trellis::kLanes; ++lane)
      writer.put(standing_before(all, first + lane), kStateBits);
  });
  writer.finish();
}

constexpr std::size_t kSums = 256;  // of neighbours, and as many magnitudes
constexpr std::size_t kRowsAndSums = trellis::kStates * kSums;

// Where a trellis stands, as the row of what that leads to.
constexpr std::uint16_t row_of(std::size_t state) { return static_cast<std::uint16_t>(kSums * state); }
using Standings = std::array<std::uint16_t, kEightTurns>;  // of each segment's eight, by place

constexpr auto next_rows(bool in_trellis) {
  std::array<std::uint16_t, kRowsAndSums> next{};  // for each magnitude
  for (std::size_t i = 0; i < next.size() && in_trellis; ++i) next[i] = row_of(trellis::kNext[i / kSums][i % 2]);
  return next;
}
constexpr auto kNextRows = next_rows(true);
constexpr auto kSameRow = next_rows(false);

// For each row the tables of sums of neighbours.
std::array<const RansTable*, kRowsAndSums> tables_of_sums(const RansTable* tables,
                                                          std::span<const std::uint8_t, 256> of_sum, bool in_trellis) {
  std::array<const RansTable*, kRowsAndSums> of;
  for (std::size_t state = 0; state < trellis::kStates; ++state) {
    auto* row = of.data() + row_of(state);
    const auto like = trellis::quantiser(state);
    if (state == like) {
      for (std::size_t sum = 0; sum < kSums; ++sum)
        row[sum] = &tables[in_trellis ? 2U * of_sum[sum] + like : of_sum[sum]];
    } else {
      std::copy_n(of.data() + row_of(like), kSums, row);
    }
  }
  return of;
}

// work(place) for each trellis of each segment but the first: where its row stands. That of the same trellis in the
// segment before is one place before.
template <class Work>
void for_each_start(std::size_t count, const Work& work) {
  for_each_segment(count, [&](std::size_t first, std::size_t /*behind*/) {
    for (std::size_t lane = 0; first > 0 && lane < trellis::kLanes; ++lane)
      work(kSegments * lane + first / segment_length(count));
  });
}

Standings read_standings(BitReader& in, std::size_t count) {
  Standings standings{};
  for_each_start(count, [&](std::size_t place) { standings[place] = row_of(in.get(kStateBits)); });
  return standings;
}

void require_to_follow(const Standings& ends, const Standings& starts, std::size_t count) {
  for_each_start(count, [&](std::size_t place) {
    if (ends[place - 1] != starts[place]) throw FormatError("a block's segments do not follow from each other");
  });
}

/// Magnitudes by place, behind those of eight turns that never were.
using Places = std::unique_ptr<std::uint8_t[]>;

Places places_for(std::size_t count) {
  auto places = std::make_unique_for_overwrite<std::uint8_t[]>(kEightTurns + kSegments * segment_length(count));
  std::fill_n(places.get(), kEightTurns, std::uint8_t{0});
  return places;
}

// Moves `standings` on. `Large`: some magnitudes may count for less among neighbours.
template <bool Large>
Places decode(std::span<const std::byte> bytes, std::size_t count,
              const std::array<const RansTable*, kRowsAndSums>& tables, bool in_trellis, Standings& standings) {
  auto places = places_for(count);
  const auto as_neighbours = Large ? places_for(count) : Places();
  auto* magnitudes = places.get();
  auto* neighbours = Large ? as_neighbours.get() : magnitudes;
  const auto* next = (in_trellis ? kNextRows : kSameRow).data();
  auto rows = standings;
  std::array<std::size_t, kSegments> sums{};
  decode_segments(bytes, count, sums, [&, magnitudes, neighbours, next](auto& sum, std::uint32_t state, Place place) {
    const std::size_t row = rows[place.in_eight];
    const auto& table = *tables[row + sum];
    const std::size_t magnitude = table.symbols[state & kRemainder];
    const std::size_t seen = Large ? std::min<std::size_t>(magnitude, Neighbourhood::kMost) : magnitude;
    sum += seen - neighbours[place.all];
    rows[place.in_eight] = next[row + magnitude];
    magnitudes[place.all + kEightTurns] = static_cast<std::uint8_t>(magnitude);
    if constexpr (Large) neighbours[place.all + kEightTurns] = static_cast<std::uint8_t>(seen);
    return without(state, table.ranges[magnitude]);
  });
  standings = rows;
  return places;
}

}  // namespace

void encode_magnitudes(const MagnitudesInSegments& all, std::span<const RansStep> steps, std::vector<std::byte>& out) {
  assert(all.places.size() == all.magnitudes.size());
  assert(all.quantisers.empty() || all.quantisers.size() == all.magnitudes.size());
  if (!all.quantisers.empty()) write_standings(all, out);
  encode_segments(all.places, steps, out);
}

void decode_magnitudes(std::span<const std::byte> bytes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t, 256> of_sum, bool in_trellis, std::span<std::uint8_t> magnitudes) {
  assert(tables.size() >= (in_trellis ? 2 : 1) * (std::size_t{*std::max_element(of_sum.begin(), of_sum.end())} + 1));
  BitReader reader(bytes);
  Standings starts{};
  if (in_trellis) starts = read_standings(reader, magnitudes.size());
  const auto coded = bytes.subspan(reader.finish());
  const auto all = rans_tables(tables);
  const auto of_sums = tables_of_sums(all.get(), of_sum, in_trellis);
  const bool large = 1U << bits_of_symbols(tables) > Neighbourhood::kMost + 1;
  auto ends = starts;
  const auto places = large ? decode<true>(coded, magnitudes.size(), of_sums, in_trellis, ends)
                            : decode<false>(coded, magnitudes.size(), of_sums, in_trellis, ends);
  if (in_trellis) require_to_follow(ends, starts, magnitudes.size());
  const auto* first = places.get() + kEightTurns;
  in_order(magnitudes, [=](std::size_t place) { return first[place]; });
}

}  // namespace brume::compression
