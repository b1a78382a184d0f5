#pragma once

#include <memory>

#include "brume/registry.hpp"
#include "brume/training.hpp"

namespace brume::federation {

/// What a node without models and data can name: algorithms, selections, codecs.
Registry combining_registry();

/// Everything that this build can name in a configuration. In a library of its own, brume::builtin, with LibTorch.
Registry builtin_registry();

/// The back end that trains, or null in a build without LibTorch.
std::unique_ptr<LearningBackend> builtin_backend();

}  // namespace brume::federation
