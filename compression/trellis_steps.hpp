#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "compression/trellis_search.hpp"

namespace brume::compression::trellis {

inline constexpr std::size_t kKinds = 4;          // quantiser and parity of a symbol: kind 2 · quantiser + parity
inline constexpr std::size_t kStepsToLevel = 64;  // after so many, costs lose what they have in common

/// A block's two halves are searched side by side, each with its eight trellises: the second from any states, and the
/// first then ends in those with which the second begins.
inline constexpr std::size_t kBoth = 2 * kLanes;

/// One number for each trellis of both halves, in aligned memory.
struct alignas(64) Lanes : std::array<float, kBoth> {};
using Costs = std::array<Lanes, kStates>;  ///< of the best path into each state

/// One of the two ways into a state: from which one, with what kind of symbol.
struct Way {
  std::uint8_t from;
  std::uint8_t kind;
};

constexpr std::array<std::array<Way, 2>, kStates> ways() {
  std::array<std::array<Way, 2>, kStates> result{};
  std::array<std::size_t, kStates> found{};
  for (std::uint8_t from = 0; from < kStates; ++from)
    for (std::uint8_t parity = 0; parity < 2; ++parity) {
      const auto to = kNext[from][parity];
      result[to][found[to]++] = {from, static_cast<std::uint8_t>(2 * quantiser(from) + parity)};
    }
  return result;
}
inline constexpr auto kWays = ways();

/// For each state, four bits each: what its first or its second way has there.
constexpr std::uint32_t packed_ways(std::size_t which, std::uint8_t Way::*member) {
  std::uint32_t packed = 0;
  for (std::size_t state = 0; state < kStates; ++state)
    packed |= static_cast<std::uint32_t>(kWays[state][which].*member) << (4 * state);
  return packed;
}

/// λ · bits of one kind's symbols: of 0, of the smallest other one, and of s steps beyond it by powers of s.
struct KindPrices {
  float zero;
  float first;
  std::array<float, 3> beyond;
};
using ClassPrices = std::array<KindPrices, kKinds>;

/// What a step decides in each lane: which ways are taken, and the best symbol of each kind.
struct Decision {
  std::array<std::uint8_t, kBoth> second;  ///< bit s: state s is reached by its second way
  std::array<std::array<std::int16_t, kBoth>, kKinds> symbols;
};

/// Takes from each lane's costs the least of them.
inline void level(Costs& costs) {
  Lanes least = costs[0];
  for (const auto& of : costs)
    for (std::size_t lane = 0; lane < kBoth; ++lane) least[lane] = std::min(least[lane], of[lane]);
  for (auto& of : costs)
    for (std::size_t lane = 0; lane < kBoth; ++lane) of[lane] -= least[lane];
}

/// Of a half's trellises.
using HalfStates = std::array<std::uint8_t, kLanes>;

/// The states in which the best paths of lanes from `first` on end.
inline HalfStates ends(const Costs& costs, std::size_t first) {
  HalfStates best{};
  for (std::uint8_t state = 1; state < kStates; ++state)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      if (costs[state][first + lane] < costs[best[lane]][first + lane]) best[lane] = state;
  return best;
}

}  // namespace brume::compression::trellis
