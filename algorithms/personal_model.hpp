#pragma once

#include <span>

#include "brume/local_program.hpp"

namespace brume::algorithms {

/// The model of its own that a device keeps in its state, as "model"; the one that it first received until it has one.
std::span<float> personal_model(LocalContext& context);

/// Writes that model to context.model(), if there is one.
void use_personal_model(LocalContext& context);

}  // namespace brume::algorithms
