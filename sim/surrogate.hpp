#pragma once

#include <memory>

#include "brume/registry.hpp"
#include "brume/training.hpp"

namespace brume::sim {

// Training without arithmetic, to study networks, devices and policies alone: model `surrogate` stands in for one of
// declared size and cost, data set `surrogate` says how many examples each device has. Everything else is real: roles,
// messages, selection, links, energy. The stand-in's one parameter is the progress made: each update adds 1 to it, so
// that an average over a round adds 1 too; loss and accuracy are read off a curve over it.

void register_surrogate(Registry& registry);

/// Trains federations whose model is `surrogate`.
std::unique_ptr<LearningBackend> surrogate_backend();

}  // namespace brume::sim
