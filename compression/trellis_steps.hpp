#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <vector>

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

/// A way in four bits: the state, and behind it the symbol's parity.
constexpr std::uint32_t packed(Way way) { return way.from + 8U * (way.kind % 2); }

/// For each state, four bits each: its first way.
constexpr std::uint32_t first_ways() {
  std::uint32_t all = 0;
  for (std::size_t state = 0; state < kStates; ++state) all |= packed(kWays[state][0]) << (4 * state);
  return all;
}

/// In which of those bits a state's second way differs.
constexpr std::uint32_t other_way(std::size_t state) {
  return (packed(kWays[state][0]) ^ packed(kWays[state][1])) << (4 * state);
}

/// λ · bits of one kind's symbols, as all costs in units of (4Δ)²: of 0, of the smallest other one, and of s steps
/// beyond it by powers of s.
struct KindPrices {
  float zero;
  float first;
  std::array<float, 3> beyond;
};
using ClassPrices = std::array<KindPrices, kKinds>;

/// What a step decides in each lane: which ways are taken, and the best symbol of each kind.
struct alignas(64) Decision {
  std::array<std::uint32_t, kBoth> ways;  ///< for each state, four bits each
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

/// A step's values in both halves, and behind them those of the next.
struct Halves {
  const float* first;
  const float* second;
};

/// The steps of a block's halves side by side, of values that outlive this. The last ones, for which the second half
/// has no eight values, are copies with zeros behind the end.
class Steps {
 public:
  /// The first half has `half` steps, the second no more.
  Steps(std::span<const float> values, std::size_t half)
      : whole_((values.size() - std::min(values.size(), half * kLanes)) / kLanes),
        all_{values.data(), values.data() + (whole_ > 0 ? half * kLanes : 0)},
        copies_(kBoth * (half - whole_)) {
    assert(values.size() <= 2 * half * kLanes);
    const auto first = values.subspan(whole_ * kLanes);
    std::copy_n(first.begin(), std::min(first.size(), (half - whole_) * kLanes), copies_.begin());
    const auto second = values.subspan(std::min(values.size(), (half + whole_) * kLanes));
    std::copy(second.begin(), second.end(), copies_.begin() + static_cast<std::ptrdiff_t>(copies_.size() / 2));
  }

  /// So many come before the copies.
  std::size_t whole() const { return whole_; }

  /// From `step` on, to the first copy or, if it is one, to the end.
  Halves from(std::size_t step) const {
    if (step < whole_) return {all_.first + step * kLanes, all_.second + step * kLanes};
    const auto* first = copies_.data() + (step - whole_) * kLanes;
    return {first, first + copies_.size() / 2};
  }

 private:
  std::size_t whole_;
  Halves all_;
  std::vector<float> copies_;
};

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
