#pragma once

#include <span>

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// The weighted mean of the "delta" vectors in an aggregate of weighted sums, one float for each of the model's
/// elements.
FloatVector mean_delta(const Aggregate& aggregate, const Parameters& model);

/// The Euclidean norm.
double norm(std::span<const float> x);

}  // namespace brume::algorithms
