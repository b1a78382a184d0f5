#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "compression/trellis_search.hpp"

namespace brume::compression::trellis {

inline constexpr std::size_t kKinds = 4;          // quantiser and parity of a symbol: kind 2 · quantiser + parity
inline constexpr std::size_t kStepsToLevel = 64;  // after so many, costs lose what they have in common

/// One number for each of the eight trellises, in aligned memory.
struct alignas(32) Lanes : std::array<float, kLanes> {};
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

/// What a step decides in each lane: which ways are taken, and the best symbol of each kind.
struct Decision {
  std::array<std::uint8_t, kLanes> second;  ///< bit s: state s is reached by its second way
  std::array<std::array<std::int16_t, kLanes>, kKinds> symbols;
};

/// Takes from each lane's costs the least of them.
inline void level(Costs& costs) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    float least = costs[0][lane];
    for (std::size_t state = 1; state < kStates; ++state) least = std::min(least, costs[state][lane]);
    for (std::size_t state = 0; state < kStates; ++state) costs[state][lane] -= least;
  }
}

/// The state in which each lane's best path ends.
inline std::array<std::uint8_t, kLanes> ends(const Costs& costs) {
  std::array<std::uint8_t, kLanes> best{};
  for (std::uint8_t state = 1; state < kStates; ++state)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      if (costs[state][lane] < costs[best[lane]][lane]) best[lane] = state;
  return best;
}

/// Follows the decisions back from there; `path` has a place for each.
inline void trace_back(std::span<const Decision> decisions, std::array<std::uint8_t, kLanes> states, Path& path) {
  for (std::size_t step = decisions.size(); step-- > 0;) {
    const auto& decision = decisions[step];
    auto* symbols = &path.symbols[step * kLanes];
    auto* quantisers = &path.quantisers[step * kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Way way = kWays[states[lane]][decision.second[lane] >> states[lane] & 1];
      states[lane] = way.from;
      symbols[lane] = decision.symbols[way.kind][lane];
      quantisers[lane] = quantiser(way.from);
    }
  }
}

}  // namespace brume::compression::trellis
