#include "sim/flows/flow_network.hpp"

#include <fmt/format.h>

#include <cmath>

#include "brume/error.hpp"

namespace brume::sim {

void require_sound(const SharedLink& link) {
  if (!(link.capacity > 0)) throw RequestError(fmt::format("a link's capacity must be above 0, not {}", link.capacity));
}

void require_sound(const FlowClass& flows) {
  const auto positive = [](double value) { return value > 0 && std::isfinite(value); };
  if (!positive(flows.cap) || !positive(flows.weight) || !(flows.airtime >= 0))
    throw RequestError(
        fmt::format("a flow's cap and weight must be above 0 and finite, not {} and {}", flows.cap, flows.weight));
}

}  // namespace brume::sim
