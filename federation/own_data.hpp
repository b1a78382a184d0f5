#pragma once

#include <memory>

#include "brume/data.hpp"
#include "brume/registry.hpp"

namespace brume::federation {

/// A data set that is one device's own, as the data of the device with this index: its rows are not dealt to others.
std::shared_ptr<const FederatedData> own_data(const Dataset& dataset, const std::filesystem::path& folder,
                                              DeviceIndex device, std::uint64_t seed, const Registry& registry);

}  // namespace brume::federation
