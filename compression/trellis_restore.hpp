#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "compression/trellis.hpp"

namespace brume::compression::trellis {

/// How much nearer to zero than their point values are put back, in units of Δ: for each quantiser, of magnitudes 1, 2
/// and more.
using Shifts = std::array<std::array<float, 3>, 2>;
/// sgn(k) · Δ · (point − shift) of each symbol k, 0 for 0. The first symbol belongs to the first trellis; `states` are
/// those before it, and become those behind the last whole eight.
void restore(std::span<const std::int32_t> symbols, float step, const Shifts& shifts, States& states,
             std::span<float> values);

}  // namespace brume::compression::trellis
