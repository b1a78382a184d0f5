#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <span>
#include <vector>

#include "compression/rans_steps.hpp"

/// Numbers whose contexts follow from those before them, so that a decoder waits for each: cut into four segments that
/// know nothing of each other, it waits for four at a time. State s codes segment s by rANS; the words are in the order
/// in which a decoder takes them, one number of each segment in turn.
namespace brume::compression {

inline constexpr std::size_t kSegments = 4;

/// Of all segments but the last that hold anything: whole turns of a trellis's eight.
constexpr std::size_t segment_length(std::size_t count) { return (count + 8 * kSegments - 1) / (8 * kSegments) * 8; }

/// work(first, behind) for each segment that holds anything.
template <class Work>
void for_each_segment(std::size_t count, const Work& work) {
  for (std::size_t first = 0; first < count; first += segment_length(count))
    work(first, std::min(count, first + segment_length(count)));
}

/// How many turns there are in which each segment has a number.
constexpr std::size_t full_turns(std::size_t count) {
  const std::size_t before = (kSegments - 1) * segment_length(count);
  return count > before ? count - before : 0;
}

/// Appends the states and the words; number i is coded by steps[places[i]].
template <class Place>
void encode_segments(std::span<const Place> places, std::span<const RansStep> steps, std::vector<std::byte>& out) {
  assert(std::all_of(places.begin(), places.end(), [&](auto place) { return place < steps.size(); }));
  const std::size_t count = places.size();
  const std::size_t length = segment_length(count);
  const std::size_t most = 2 * count + 4 * kSegments + 2;
  const auto room = std::make_unique_for_overwrite<std::byte[]>(most);
  auto* at = room.get() + most;
  std::array<std::uint32_t, kSegments> states;
  states.fill(kLeastState);
  std::size_t turn = length;
  for (; turn > full_turns(count); --turn)
    for (std::size_t segment = kSegments; segment-- > 0;)
      if (segment * length + turn - 1 < count)
        rans_put(states[segment], steps[places[segment * length + turn - 1]], at);
  for (; turn > 0; --turn)
    for (std::size_t segment = kSegments; segment-- > 0;)
      rans_put(states[segment], steps[places[segment * length + turn - 1]], at);
  at -= sizeof states;
  std::memcpy(at, states.data(), sizeof states);
  out.insert(out.end(), at, room.get() + most);
}

inline constexpr std::size_t kEightTurns = 8 * kSegments;

/// Of a number in the order of turns: kSegments · turn + segment, and the same modulo eight turns.
struct Place {
  std::size_t all;
  std::size_t in_eight;
};

/// take(position, state, place) takes a number from the state, which it returns, and moves the segment's position on.
/// Throws FormatError.
template <class Position, class Take>
void decode_segments(std::span<const std::byte> bytes, std::size_t count, std::array<Position, kSegments>& positions,
                     const Take& take) {
  const std::size_t length = segment_length(count);
  RansDecoder<kSegments> decoder(bytes);
  std::size_t turn = 0;
  {
    auto now = decoder;  // in registers
    auto here = positions;
    for (; turn + 8 <= full_turns(count) && now.has_words(kEightTurns); turn += 8)
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i)
#pragma GCC unroll 4
        for (std::size_t segment = 0; segment < kSegments; ++segment) {
          const Place place{kSegments * (turn + i) + segment, kSegments * i + segment};
          now.states[segment] = refilled(take(here[segment], now.states[segment], place), now.at);
        }
    for (; turn < full_turns(count) && now.has_words(kSegments); ++turn)
      for (std::size_t segment = 0; segment < kSegments; ++segment) {
        const std::size_t place = kSegments * turn + segment;
        now.states[segment] = refilled(take(here[segment], now.states[segment], {place, place % kEightTurns}), now.at);
      }
    decoder = now;
    positions = here;
  }
  for (; turn < length; ++turn)
    for (std::size_t segment = 0; segment < kSegments; ++segment) {
      if (segment * length + turn >= count) continue;
      const Place place{kSegments * turn + segment, (kSegments * turn + segment) % kEightTurns};
      decoder.states[segment] = take(positions[segment], decoder.states[segment], place);
      decoder.refill(decoder.states[segment]);
    }
  decoder.require_whole();
}

/// number_at(place.all) for all of them.
template <class NumberAt>
void in_order(std::span<std::uint8_t> numbers, const NumberAt& number_at) {
  for_each_segment(numbers.size(), [&](std::size_t first, std::size_t behind) {
    auto* to = numbers.data() + first;
    const std::size_t segment = first / segment_length(numbers.size());
    for (std::size_t turn = 0; turn < behind - first; ++turn) to[turn] = number_at(kSegments * turn + segment);
  });
}

}  // namespace brume::compression
