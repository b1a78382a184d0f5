#pragma once

#include <memory>

#include "brume/data.hpp"
#include "configs/configuration.hpp"

namespace brume::federation {

/// The same data, with features that differ from device to device as different sensors' do: an angle, a factor, an
/// offset and a level of noise, each drawn once for a device by the seed. What a device keeps back to be evaluated on
/// is shifted with the rest, the federation's own test examples are not. Throws RequestError for symbols, which are no
/// quantities, and for an angle of what is no image.
std::shared_ptr<const FederatedData> shift_features(std::shared_ptr<const FederatedData> data,
                                                    const configs::ShiftSection& shift, std::uint64_t seed);

}  // namespace brume::federation
