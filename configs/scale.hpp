#pragma once

#include <cstdint>

#include "configs/configuration.hpp"

namespace brume::configs {

/// Scales a federation to `devices` devices: the groups keep their proportions (largest remainders, at least one device
/// each where that is possible), the cohort keeps its share (at least 1), fog nodes beyond one a device are dropped.
void scale_to(Configuration& configuration, std::uint64_t devices);

}  // namespace brume::configs
