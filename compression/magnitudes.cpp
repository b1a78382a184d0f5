#include "compression/magnitudes.hpp"

#include <bit>

#include "compression/bits.hpp"
#include "compression/neighbours.hpp"
#include "compression/segments.hpp"
#include "compression/trellis.hpp"

namespace brume::compression {

namespace {

constexpr int kStateBits = 3;

using Standing = std::array<std::uint8_t, trellis::kLanes>;  // of the eight trellises
using Standings = std::array<Standing, kSegments>;

// Where a trellis stands before element `at`: what the quantisers and parities of three symbols before leave.
std::uint8_t standing_before(std::span<const std::uint8_t> magnitudes, std::span<const std::uint8_t> of,
                             std::size_t at) {
  constexpr std::size_t kEnough = 3 * trellis::kLanes;
  unsigned states = at < kEnough ? 1 : 0xFF;
  for (std::size_t i = at < kEnough ? at % trellis::kLanes : at - kEnough; i < at; i += trellis::kLanes) {
    unsigned next = 0;
    for (std::size_t state = 0; state < trellis::kStates; ++state)
      if ((states >> state & 1) != 0 && trellis::quantiser(state) == of[i] % 2)
        next |= 1U << trellis::kNext[state][magnitudes[i] % 2];
    states = next;
  }
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
  for_each_segment(count, [&](std::size_t first, std::size_t /*last*/) {
    for (std::size_t lane = 0; first > 0 && lane < trellis::kLanes; ++lane)
      standings[segment][lane] = static_cast<std::uint8_t>(in.get(kStateBits));
    ++segment;
  });
  return standings;
}

// For each sum of neighbours, for both quantisers.
using TablesOfSums = std::array<std::array<const RansTable*, 2>, 256>;

TablesOfSums tables_of_sums(const std::vector<RansTable>& tables, std::span<const std::uint8_t> of_sum,
                            bool in_trellis) {
  TablesOfSums result;
  for (std::size_t sum = 0; sum < result.size(); ++sum)
    for (std::size_t quantiser = 0; quantiser < 2; ++quantiser)
      result[sum][quantiser] = &tables[in_trellis ? 2U * of_sum[sum] + quantiser : of_sum[sum]];
  return result;
}

template <bool InTrellis>
void decode(std::span<const std::byte> bytes, const TablesOfSums& tables, Standings standings,
            std::span<std::uint8_t> magnitudes) {
  const auto starts = standings;
  std::array<Neighbourhood, kSegments> positions;
  const auto take = [&](Neighbourhood& before, std::uint32_t state, std::size_t segment, std::size_t i) {
    auto& standing = standings[segment][i % trellis::kLanes];
    const auto& table = *tables[before.sum()][InTrellis ? trellis::quantiser(standing) : 0];
    const std::uint32_t remainder = state & kRemainder;
    const auto magnitude = table.symbols[remainder];
    before.add(magnitude);
    if constexpr (InTrellis) standing = trellis::kNext[standing][magnitude & 1U];
    magnitudes[i] = magnitude;
    return without(state, table.ranges[magnitude]);
  };
  decode_segments(bytes, magnitudes.size(), positions, take);
  if (!InTrellis) return;
  for (std::size_t segment = 1; segment * segment_length(magnitudes.size()) < magnitudes.size(); ++segment)
    if (standings[segment - 1] != starts[segment])
      throw FormatError("a block's segments do not follow from each other");
}

}  // namespace

void encode_magnitudes(std::span<const std::uint8_t> magnitudes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t> of, bool in_trellis, std::vector<std::byte>& out) {
  if (in_trellis) write_standings(magnitudes, of, out);
  std::vector<RansStep> steps;
  for (const auto& table : tables) {
    const auto of_table = rans_steps(table);
    steps.insert(steps.end(), of_table.begin(), of_table.end());
  }
  const auto place_of = [&](std::size_t i) { return Frequencies::kSymbols * of[i] + magnitudes[i]; };
  encode_segments(magnitudes.size(), steps, place_of, out);
}

void decode_magnitudes(std::span<const std::byte> bytes, std::span<const Frequencies> tables,
                       std::span<const std::uint8_t> of_sum, bool in_trellis, std::span<std::uint8_t> magnitudes) {
  BitReader reader(bytes);
  Standings starts{};
  if (in_trellis) starts = read_standings(reader, magnitudes.size());
  const auto coded = bytes.subspan(reader.finish());
  const auto all = rans_tables(tables);
  const auto of_sums = tables_of_sums(all, of_sum, in_trellis);
  in_trellis ? decode<true>(coded, of_sums, starts, magnitudes) : decode<false>(coded, of_sums, starts, magnitudes);
}

}  // namespace brume::compression
