#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace brume::compression {

/// The positions of the k elements that are largest in magnitude, ascending; of equal ones the first. Values are
/// finite, 1 ≤ k ≤ their number.
std::vector<std::uint32_t> largest(std::span<const float> values, std::size_t k);

}  // namespace brume::compression
