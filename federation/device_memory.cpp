#include "federation/device_memory.hpp"

#include <fmt/format.h>

#include "core/human.hpp"

namespace brume::federation {

std::string DeviceMemory::text() const {
  return fmt::format("{}: {} of weights, {} of gradients, {} of optimizer, {} of activations, {} of state, {} of frame",
                     human_bytes(total()), human_bytes(weights), human_bytes(gradients), human_bytes(optimizer),
                     human_bytes(activations), human_bytes(state), human_bytes(frame));
}

DeviceMemory device_memory(const Assembly& assembly) {
  const double model = sizeof(float) * static_cast<double>(assembly.facts.parameter_count());
  DeviceMemory memory;
  memory.weights = 2 * model;
  memory.gradients = 2 * model;
  memory.optimizer = assembly.plan.optimizer->memory_per_parameter() * model;
  memory.activations = 2 * sizeof(float) * assembly.facts.activations * static_cast<double>(assembly.plan.batch_size);
  for (const auto& vector : assembly.algorithm->client_state(assembly.facts.layout))
    memory.state += sizeof(float) * static_cast<double>(vector.layout->size());
  for (const auto& vector : assembly.algorithm->vectors(assembly.facts.layout))
    memory.state += static_cast<double>(assembly.uplink->state_bytes(*vector.layout));
  memory.frame = static_cast<double>(assembly.payload_sizes(0).update);
  return memory;
}

}  // namespace brume::federation
