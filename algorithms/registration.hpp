#pragma once

#include "brume/registry.hpp"

namespace brume::algorithms {

/// Registers every algorithm, selection policy and optimiser of this folder.
void register_algorithms(Registry& registry);

}  // namespace brume::algorithms
