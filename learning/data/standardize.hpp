#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "brume/parameters.hpp"

namespace brume::learning {

/// Mean and deviation of a column, missing values left out.
struct Moments {
  double mean = 0;
  double deviation = 0;
};

/// Of each column of `rows`, from counts, sums and sums of squares: what devices can compute by themselves and add up.
std::vector<Moments> moments_of(std::span<const float> rows, std::size_t width);

/// Replaces missing values (NaN) by the column's mean; if `standardize`, every value x by (x − mean) / deviation. A
/// constant column becomes 0.
void fill_missing(std::span<float> rows, std::span<const Moments> moments, bool standardize);

}  // namespace brume::learning
