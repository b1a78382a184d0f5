#pragma once

#include <memory>

#include "brume/registry.hpp"
#include "brume/training.hpp"

namespace brume::learning {

/// Registers the models, data sets and partitions of this room.
void register_learning(Registry& registry);

/// Training and evaluation with LibTorch on a pool of threads.
std::unique_ptr<LearningBackend> make_backend();

}  // namespace brume::learning
