#pragma once

#include <cstdint>
#include <vector>

namespace brume::learning {

/// Whole numbers in proportion to `shares` that add up to `total`, by the method of the largest remainders; equal ones
/// go to the first. `shares` have a sum above 0.
std::vector<std::uint64_t> apportion(const std::vector<double>& shares, std::uint64_t total);

}  // namespace brume::learning
