#pragma once

#include <memory>

#include "brume/data.hpp"

namespace brume::federation {

/// The same data, of which each device keeps back a share of its examples to be evaluated on: chosen at random by the
/// seed, or the last ones where examples overlap, of which those before them that share parts go to neither side. At
/// least one where there are two, never all.
std::shared_ptr<const FederatedData> hold_out(std::shared_ptr<const FederatedData> data, double share,
                                              std::uint64_t seed);

/// The same data, with everybody's examples on each device.
std::shared_ptr<const FederatedData> pool_all(std::shared_ptr<const FederatedData> data);

}  // namespace brume::federation
