#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace brume::compression {

/// Writes the positions of values whose magnitude's bits are `threshold` or more, ascending, and returns how many there
/// are. `positions` has room for all values.
std::size_t at_least(std::span<const float> values, std::uint32_t threshold, std::uint32_t* positions);

}  // namespace brume::compression
