#pragma once

#include <memory>

#include "brume/registry.hpp"
#include "brume/training.hpp"

namespace brume::federation {

/// Everything that this build can name in a configuration.
Registry builtin_registry();

/// The back end that trains, or null in a build without LibTorch.
std::unique_ptr<LearningBackend> builtin_backend();

}  // namespace brume::federation
