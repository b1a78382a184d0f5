#pragma once

#include <span>
#include <vector>

#include "sim/flows/flow_network.hpp"

namespace brume::sim {

/// A flow and the links that it crosses, in any network.
struct RoutedFlow {
  FlowClass flow_class;
  std::span<const std::uint32_t> links;
};

/// Weighted max–min fair rates, bit/s, by progressive filling (Bertsekas and Gallager, "Data Networks", 1992, §6.5.2):
/// all rates rise together, and whoever meets its cap or a full link stays. O(flows · links) for each link that fills.
std::vector<double> max_min_rates(std::span<const SharedLink> links, std::span<const RoutedFlow> flows);

}  // namespace brume::sim
