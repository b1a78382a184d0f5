#include "federation/estimate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "core/human.hpp"

namespace brume::federation {

namespace {

constexpr std::uint64_t kSampledDevices = 200;
constexpr std::uint64_t kTrainingBytes = 100'000'000;  // measured: LibTorch's kernels and buffers in a first step

// This process now, with the data that it has read: the second number of /proc/self/statm, in pages.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Mean number of examples that a task processes, over evenly spaced devices.
double mean_examples(const Assembly& assembly) {
  const std::uint64_t devices = assembly.data->device_count();
  const std::uint64_t sampled = std::min(devices, kSampledDevices);
  double total = 0;
  for (std::uint64_t i = 0; i < sampled; ++i)
    total += static_cast<double>(assembly.plan.examples_for(assembly.data->sample_count(i * devices / sampled)));
  return total / static_cast<double>(sampled);
}

// What algorithm and codec keep on a device between its tasks.
void add_state(const Assembly& assembly, Estimate& result) {
  result.devices = assembly.data->device_count();
  for (const auto& vector : assembly.algorithm->client_state(assembly.facts.layout))
    result.client_state_bytes += vector.layout->size() * sizeof(float);
  for (const auto& vector : assembly.algorithm->vectors(assembly.facts.layout))
    result.client_state_bytes += assembly.uplink->state_bytes(*vector.layout);
}

// Sums at 8 bytes an element in each node; a part has at most as much.
void add_tree(const configs::Configuration& configuration, const Assembly& assembly, Estimate& result) {
  std::uint64_t nodes = 0;
  for (const auto& tier : configuration.fog) nodes += static_cast<std::uint64_t>(tier.count);
  if (nodes == 0) return;
  const auto elements = assembly.facts.layout->size();
  result.fog_node_memory_bytes = elements * (4 + 8 + 4);
  const auto& codec = assembly.fog_uplink;
  result.fog_up_bytes_per_round = nodes * (codec ? codec->worst_case_bytes(*assembly.facts.layout) : 8 * elements);
  result.simulation_memory_bytes += nodes * 8 * elements;
  result.fog_comment = fmt::format(
      "{} fog nodes in {} tier{}; {}", nodes, configuration.fog.size(), configuration.fog.size() == 1 ? "" : "s",
      codec ? "fog_uplink is lossy: the model is not that of a flat fleet with the same members"
            : "fog_uplink is exact: the same members give bit for bit the model of a flat fleet");
}

std::string tree_text(const Estimate& e) {
  if (e.fog_comment.empty()) return "";
  return fmt::format("tree           {}\nfog up         at most {} a round; {} of memory in a fog node\n",
                     e.fog_comment, human_bytes(static_cast<double>(e.fog_up_bytes_per_round)),
                     human_bytes(static_cast<double>(e.fog_node_memory_bytes)));
}

std::string state_text(const Estimate& e) {
  if (e.client_state_bytes == 0) return "client state   none\n";
  return fmt::format("client state   {} a device, {} for {} devices if all take part\n",
                     human_bytes(static_cast<double>(e.client_state_bytes)),
                     human_bytes(static_cast<double>(e.client_state_bytes) * static_cast<double>(e.devices)),
                     e.devices);
}

}  // namespace

Estimate estimate(const configs::Document& document, const Assembly& assembly) {
  const auto& configuration = document.configuration;
  const auto& layout = *assembly.facts.layout;
  const auto selected = static_cast<double>(assembly.selection->devices_asked());
  const auto down_frame = static_cast<double>(assembly.downlink->worst_case_bytes(layout));
  const auto up_frame = static_cast<double>(assembly.uplink->worst_case_bytes(layout));
  const double flops = mean_examples(assembly) * assembly.facts.training_flops();
  Estimate result;
  result.parameters = layout.size();
  result.down_bytes_per_round = static_cast<std::uint64_t>(selected * down_frame);
  result.up_bytes_per_round = static_cast<std::uint64_t>(selected * up_frame);
  result.training_flops_per_round = selected * flops;
  for (const auto& group : configuration.devices) {
    const double down = std::min(group.link.down, configuration.cloud_link.up / selected);
    const double up = std::min(group.link.up, configuration.cloud_link.down / selected);
    const double seconds = 2 * (group.link.latency + configuration.cloud_link.latency) + 8 * down_frame / down +
                           8 * up_frame / up + flops / group.profile.training_speed;
    if (seconds <= result.round_seconds) continue;
    result.round_seconds = seconds;
    result.slowest_group =
        fmt::format("{} × {} on {}", group.count, group.profile.preset.empty() ? "own profile" : group.profile.preset,
                    group.link.preset.empty() ? "own link" : group.link.preset);
  }
  if (configuration.deadline) result.round_seconds = std::min(result.round_seconds, *configuration.deadline);
  // The model twice (current and stepping), its exact sum at 8 bytes an element, one decoded update.
  result.server_memory_bytes = layout.size() * (4 + 4 + 8 + 4);
  if (assembly.algorithm->traits().keeps_updates)
    result.server_memory_bytes += assembly.selection->cohort() * layout.size() * sizeof(float);
  // A cohort's frames, two decoded models, and what LibTorch takes when it first trains, besides what is loaded
  // already.
  const auto cohort_bytes = selected * (up_frame + 512) + 2 * 4.0 * static_cast<double>(layout.size());
  result.simulation_memory_bytes = resident_bytes() + kTrainingBytes + static_cast<std::uint64_t>(cohort_bytes);
  add_state(assembly, result);
  add_tree(configuration, assembly, result);
  return result;
}

std::string to_text(const Estimate& e, std::int64_t rounds) {
  const auto total = static_cast<double>(rounds);
  return fmt::format(
             "model          {} parameters\n"
             "down           at most {} a round, {} in all\n"
             "up             at most {} a round, {} in all\n"
             "training       {} a round\n"
             "virtual time   about {} a round (slowest: {}), {} in all\n"
             "memory         {} in an aggregator; about {} in a simulation\n",
             human_count(e.parameters), human_bytes(static_cast<double>(e.down_bytes_per_round)),
             human_bytes(static_cast<double>(e.down_bytes_per_round) * total),
             human_bytes(static_cast<double>(e.up_bytes_per_round)),
             human_bytes(static_cast<double>(e.up_bytes_per_round) * total), human_flops(e.training_flops_per_round),
             human_seconds(e.round_seconds), e.slowest_group, human_seconds(e.round_seconds * total),
             human_bytes(static_cast<double>(e.server_memory_bytes)),
             human_bytes(static_cast<double>(e.simulation_memory_bytes))) +
         state_text(e) + tree_text(e);
}

}  // namespace brume::federation
