#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace brume::compression::trellis {

/// Dependent quantisation with eight states (Marcellin and Fischer 1990; the state machine is that of ISO/IEC 15938-17,
/// §10.3). Even states quantise to multiples of 2Δ, 2kΔ; odd ones to odd multiples of Δ and zero, (2k − sgn k)Δ. A
/// symbol's parity leads to the next state, so that neither quantiser alone has all the points, and paths are far
/// apart.
inline constexpr std::size_t kStates = 8;

/// Element i of a block belongs to trellis i mod 8: eight are independent, each starts in state 0.
inline constexpr std::size_t kLanes = 8;

inline constexpr std::array<std::array<std::uint8_t, 2>, kStates> kNext{
    {{0, 2}, {7, 5}, {1, 3}, {6, 4}, {2, 0}, {5, 7}, {3, 1}, {4, 6}}};

/// The states that follow each by a symbol of that parity, four bits each.
constexpr std::uint32_t followers(std::size_t parity) {
  std::uint32_t packed = 0;
  for (std::size_t state = 0; state < kStates; ++state)
    packed |= static_cast<std::uint32_t>(kNext[state][parity]) << (4 * state);
  return packed;
}

/// Of all eight trellises.
using States = std::array<std::uint32_t, kLanes>;

/// Which quantiser a state has; the context by which its symbols are coded.
constexpr std::uint8_t quantiser(std::size_t state) { return state & 1; }

/// Where it puts symbol k, in units of Δ.
constexpr std::int32_t point(std::uint8_t quantiser, std::int32_t k) {
  return 2 * k - (quantiser == 0 ? 0 : (k > 0 ? 1 : 0) - (k < 0 ? 1 : 0));
}

/// The states of a block's trellises while its symbols are read in order.
class Walk {
 public:
  Walk() = default;
  explicit Walk(const States& states) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) states_[lane] = static_cast<std::uint8_t>(states[lane]);
  }
  std::uint8_t quantiser_at(std::size_t i) const { return quantiser(states_[i % kLanes]); }
  void step(std::size_t i, std::int32_t symbol) {
    auto& state = states_[i % kLanes];
    state = kNext[state][static_cast<std::uint32_t>(symbol) & 1];
  }

 private:
  std::array<std::uint8_t, kLanes> states_{};
};

}  // namespace brume::compression::trellis
