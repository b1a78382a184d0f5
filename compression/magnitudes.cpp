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

using Standing = std::array<std::uint8_t, trellis::kLanes>;  // of the eight trellises
using Standings = std::array<Standing, kSegments>;

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

std::uint8_t standing_before(std::span<const std::uint8_t> magnitudes, std::span<const std::uint8_t> of,
                             std::size_t at) {
  constexpr std::size_t kEnough = 3 * trellis::kLanes;
  unsigned states = at < kEnough ? 1 : 0xFF;
  for (std::size_t i = at < kEnough ? at % trellis::kLanes : at - kEnough; i < at; i += trellis::kLanes)
    states = followers_of(states, of[i] % 2, magnitudes[i] % 2);
  assert(std::has_single_bit(states));
  return static_cast<std::uint8_t>(std::countr_zero(states));
}

void write_standings(std::span<const std::uint8_t> magnitudes, std::span<const std::uint8_t> of,
                     std::vector<std::byte>& out) {
  BitWriter writer(out);
  for_each_segment(magnitudes.size(), [&](std::size_t first, std::size_t /*behind*/) {
    for (std::size_t lane = 0; first > 0 && lane < trellis::kLanes; ++lane)
      writer.put(standing_before(magnitudes, of, first + lane), kStateBits);
  });
  writer.finish();
}

Standings read_standings(BitReader& in, std::size_t count) {
  Standings standings{};
  std::size_t segment = 0;
  for_each_segment(count, [&](std::size_t first, std::size_t /*behind*/) {
    for (std::size_t lane = 0; first > 0 && lane < trellis::kLanes; ++lane)
      standings[segment][lane] = static_cast<std::uint8_t>(in.get(kStateBits));
    ++segment;
  });
  return standings;
}

constexpr std::size_t kSums = 256;  // of neighbours, and as many magnitudes
constexpr std::size_t kEightTurns =
    8 * kSegments;  // so many places before, a trellis was met, and the eight neighbours begin

// Where a trellis stands, a row each, and what it does: for a sum of neighbours a table, for a magnitude the next row.
struct Rows {
  std::array<const RansTable*, trellis::kStates * kSums> tables;
  std::array<std::uint16_t, trellis::kStates * kSums> next;

  Rows(const std::vector<RansTable>& all, std::span<const std::uint8_t> of_sum, bool in_trellis) {
    for (std::size_t state = 0; state < trellis::kStates; ++state)
      for (std::size_t i = 0; i < kSums; ++i) {
        tables[row(state) + i] = &all[in_trellis ? 2U * of_sum[i] + trellis::quantiser(state) : of_sum[i]];
        next[row(state) + i] = row(in_trellis ? trellis::kNext[state][i % 2] : 0);
      }
  }
  static constexpr std::uint16_t row(std::size_t state) { return static_cast<std::uint16_t>(kSums * state); }
};

// Of each place its magnitude, as what neighbours see it, and where its trellis stands behind it; the places of eight
// turns that never were come before the first.
struct Places {
  std::vector<std::uint8_t> magnitudes;
  std::vector<std::uint8_t> as_neighbours;  // where that is something else
  std::vector<std::uint16_t> rows;

  Places(std::size_t count, const Standings& starts, bool large)
      : magnitudes(kEightTurns + kSegments * segment_length(count)),
        as_neighbours(large ? magnitudes.size() : 0),
        rows(magnitudes.size()) {
    for (std::size_t segment = 0; segment < kSegments; ++segment)
      for (std::size_t lane = 0; lane < trellis::kLanes; ++lane)
        rows[kSegments * lane + segment] = Rows::row(starts[segment][lane]);
  }
};

// `Large`: some magnitudes may count for less among neighbours.
template <bool Large>
void decode(std::span<const std::byte> bytes, std::size_t count, const Rows& rows, Places& places) {
  auto* magnitudes = places.magnitudes.data();
  auto* neighbours = Large ? places.as_neighbours.data() : magnitudes;
  auto* standing = places.rows.data();
  std::array<std::size_t, kSegments> sums{};
  const auto take = [=, &rows](std::size_t& sum, std::uint32_t state, std::size_t place) {
    const std::size_t row = standing[place];
    const auto& table = *rows.tables[row + sum];
    const std::size_t magnitude = table.symbols[state & kRemainder];
    const std::size_t seen = Large ? std::min<std::size_t>(magnitude, Neighbourhood::kMost) : magnitude;
    sum += seen - neighbours[place];
    standing[place + kEightTurns] = rows.next[row + magnitude];
    magnitudes[place + kEightTurns] = static_cast<std::uint8_t>(magnitude);
    if constexpr (Large) neighbours[place + kEightTurns] = static_cast<std::uint8_t>(seen);
    return without(state, table.ranges[magnitude]);
  };
  decode_segments(bytes, count, sums, take);
}

void require_standings(const Standings& starts, std::size_t count, const Places& places) {
  const std::size_t length = segment_length(count);
  for (std::size_t segment = 1; segment * length < count; ++segment)
    for (std::size_t lane = 0; lane < trellis::kLanes; ++lane)
      if (places.rows[kSegments * (length + lane) + segment - 1] != Rows::row(starts[segment][lane]))
        throw FormatError("a block's segments do not follow from each other");
}

}  // namespace

void encode_magnitudes(std::span<const std::uint8_t> magnitudes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t> of, bool in_trellis, std::vector<std::byte>& out) {
  if (in_trellis) write_standings(magnitudes, of, out);
  const int bits = bits_of_symbols(tables);
  assert(std::all_of(magnitudes.begin(), magnitudes.end(), [&](unsigned m) { return m >> bits == 0; }));
  const auto place_of = [&](std::size_t i) { return (std::size_t{of[i]} << bits) + magnitudes[i]; };
  encode_segments(magnitudes.size(), rans_steps(tables, bits), place_of, out);
}

void decode_magnitudes(std::span<const std::byte> bytes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t> of_sum, bool in_trellis, std::span<std::uint8_t> magnitudes) {
  BitReader reader(bytes);
  Standings starts{};
  if (in_trellis) starts = read_standings(reader, magnitudes.size());
  const auto coded = bytes.subspan(reader.finish());
  const auto all = rans_tables(tables);
  const Rows rows(all, of_sum, in_trellis);
  const bool large = 1U << bits_of_symbols(tables) > Neighbourhood::kMost + 1;
  Places places(magnitudes.size(), starts, large);
  large ? decode<true>(coded, magnitudes.size(), rows, places) : decode<false>(coded, magnitudes.size(), rows, places);
  if (in_trellis) require_standings(starts, magnitudes.size(), places);
  const auto* first = places.magnitudes.data() + kEightTurns;
  in_order(magnitudes, [=](std::size_t place) { return first[place]; });
}

}  // namespace brume::compression
