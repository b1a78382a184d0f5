#pragma once

#include <cstdint>

#include "configs/configuration.hpp"
#include "configs/node.hpp"

namespace brume::configs {

/// Scales a federation to `devices` devices, in the tree that it is read from: the groups keep their proportions
/// (largest remainders; a group that comes to nothing is left out), the cohort keeps its share (at least 1), a fog tier
/// has no more nodes than there are devices. `configuration` is what `root` was read into.
void scale_to(Node& root, const Configuration& configuration, std::uint64_t devices);

}  // namespace brume::configs
