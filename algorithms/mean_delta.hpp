#pragma once

#include <span>

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// The weighted mean of the "delta" vectors of a round in an aggregate of weighted sums, one float for each of the
/// model's elements.
FloatVector mean_delta(const StepInput& input, const Parameters& model);

/// Adds the mean delta to the model's buffers (running statistics), which no optimiser may step.
void add_to_buffers(Parameters& model, std::span<const float> delta);

/// The share of the enrolled devices whose updates a round takes in.
double share_of_devices(const StepInput& input);

/// The layout of a vector that is one number.
LayoutPointer one_number();

/// The Euclidean norm.
double norm(std::span<const float> x);

}  // namespace brume::algorithms
