#include "federation/estimate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "core/human.hpp"
#include "federation/device_memory.hpp"
#include "federation/way.hpp"

namespace brume::federation {

namespace {

constexpr std::uint64_t kLeftOut = 16;   // bytes an element of what a part took and leaves
constexpr std::uint64_t kForwarded = 8;  // bytes an element of updates that are kept as they came, at most
constexpr std::uint64_t kHistory = 20;   // of a made model and of frames between two lossless ones
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
    total += static_cast<double>(assembly.examples_for(assembly.data->sample_count(i * devices / sampled)));
  const auto whole = static_cast<double>(assembly.plan.steps > 0 ? assembly.plan.steps : assembly.plan.epochs);
  const double done =
      1 - assembly.plan.partial_work * (whole - 1) / (2 * whole);  // a part from 1 to all, where it ends early
  return done * total / static_cast<double>(sampled);
}

void add_memory(const Assembly& assembly, Estimate& result) {
  result.device_memory = device_memory(assembly).text();
  // The model twice (current and stepping), its exact sum at 8 bytes an element, one decoded update.
  result.server_memory_bytes = result.parameters * (4 + 4 + 8 + 4);
  if (assembly.algorithm->traits().keeps_updates)
    result.server_memory_bytes += assembly.selection->cohort() * result.parameters * sizeof(float);
  // A cohort's frames, two decoded models, and what LibTorch takes when it first trains, besides what is loaded
  // already. A stand-in has neither.
  const auto frame = assembly.is_stand_in() ? 0 : assembly.payload_sizes(0).update;
  result.simulation_memory_bytes = resident_bytes() + (assembly.is_stand_in() ? 0 : kTrainingBytes) +
                                   assembly.selection->devices_asked() * (frame + 512) +
                                   2 * sizeof(float) * assembly.facts.layout->size();
}

// What algorithm and codec keep on a device between its tasks.
void add_state(const Assembly& assembly, Estimate& result) {
  result.devices = assembly.data->device_count();
  for (const auto& vector : assembly.algorithm->client_state(assembly.facts.layout))
    result.client_state_bytes += vector.layout->size() * sizeof(float);
  for (const auto& vector : assembly.algorithm->vectors(assembly.facts.layout))
    result.client_state_bytes += assembly.uplink->state_bytes(*vector.layout);
}

// How far lossy parts can take a step's mean from a flat fleet's, tier by tier: each is off by a share of what it is
// given, and what is given on may be larger by as much. With error feedback that holds for what all steps together lack
// (e ≤ q · (e + s) for a loss of q, so e ≤ q/(1 − q) · s), while nothing but the codec comes between: every part is
// included before the next is made, and a node's share of the weight stays.
std::string fog_loss(const Codec& codec, std::size_t tiers) {
  const auto traits = codec.traits();
  const double q = traits.most_error;
  const double kept = traits.contraction ? (q < 1 ? q / (1 - q) : HUGE_VAL) : q;
  double apart = 0;
  double given = 1;
  for (std::size_t tier = 0; tier < tiers; ++tier) {
    apart += kept * given;
    given *= 1 + (traits.contraction ? 2 * kept : kept);
  }
  const std::string lossy = "fog_uplink is lossy: the model is not that of a flat fleet with the same members";
  if (!std::isfinite(apart)) return lossy + "; how far it may be from it is not known for this chain";
  if (!traits.contraction)
    return fmt::format("{}; a step's mean is at most {:.3g} of the largest mean of a fog node from it", lossy, apart);
  return fmt::format(
      "{}; with error feedback all steps' means together are at most {:.3g} of the largest mean of a fog node from it, "
      "while each part is included before the next and shares of the weight stay",
      lossy, apart);
}

// Sums at 8 bytes an element in each node; a part has at most as much.
void add_tree(const configs::Configuration& configuration, const Assembly& assembly, Estimate& result) {
  std::uint64_t nodes = 0;
  std::size_t tiers = 0;
  for (const auto& tier : configuration.fog) {
    if (!tier.aggregates) continue;
    nodes += static_cast<std::uint64_t>(tier.count);
    ++tiers;
  }
  if (nodes == 0) return;
  result.fog_node_memory_bytes =
      assembly.facts.parameter_count() * (4 + 8 + 4 + kForwarded + (assembly.changes ? kHistory : 0));
  const auto& codec = assembly.fog_uplink;
  if (codec && codec->traits().contraction) result.fog_node_memory_bytes += kLeftOut * assembly.facts.parameter_count();
  result.fog_up_bytes_per_round = nodes * assembly.payload_sizes(0).partial;
  result.simulation_memory_bytes += nodes * 8 * assembly.facts.layout->size();
  result.fog_comment =
      fmt::format("{} fog nodes in {} tier{}; {}", nodes, tiers, tiers == 1 ? "" : "s",
                  codec ? fog_loss(*codec, tiers)
                        : "fog_uplink is exact: the same members give bit for bit the model of a flat fleet");
}

// One behind a warm-up, or the last.
Version usual_version(const configs::Configuration& configuration) {
  return configuration.uplink.warm_up > 0 ? static_cast<Version>(configuration.federation.rounds) - 1 : 0;
}

// What updates take in all rounds beyond as much in each. While they warm up they become smaller: the first of some
// versions stands for those behind it.
double warming_up_bytes(const configs::Configuration& configuration, const Assembly& assembly) {
  constexpr Version kMostPieces = 256;
  const auto end = std::min(usual_version(configuration), static_cast<Version>(configuration.uplink.warm_up));
  const auto pieces = std::min(end, kMostPieces);
  const auto usual = static_cast<double>(assembly.payload_sizes(usual_version(configuration)).update);
  double more = 0;
  for (Version i = 0; i < pieces; ++i) {
    const auto first = end * i / pieces;
    const auto versions = static_cast<double>(end * (i + 1) / pieces - first);
    more += versions * std::max(0.0, static_cast<double>(assembly.payload_sizes(first).update) - usual);
  }
  return more * static_cast<double>(assembly.selection->devices_asked());
}

std::string not_counted(const configs::DeviceGroup& group) {
  const bool device = group.profile.power.compute.has_value();
  const bool radio = group.link.transmit_power.has_value();
  if (device && radio) return "";
  return fmt::format("; without powers, so not counted: {}", device ? "radio" : radio ? "device" : "device and radio");
}

GroupEstimate estimate_group(const configs::Configuration& configuration, std::size_t index, const Assembly& assembly,
                             double selected, double examples) {
  const auto& group = configuration.devices[index];
  const auto& timing = assembly.timings[index];
  const auto sizes = assembly.wire_sizes(usual_version(configuration));
  const auto legs = way_to(configuration, group, selected);
  const auto up = [&](const DeclaredSizes& of) {
    double seconds = 0;
    for (const auto& leg : legs) seconds += leg.crowded(Direction::up, &leg == &legs.back() ? of.update : of.partial);
    return seconds;
  };
  GroupEstimate result;
  result.name = fmt::format("{} × {}", group.count, group.name);
  for (const auto& leg : legs) result.down += leg.crowded(Direction::down, sizes.model);
  result.training = timing.seconds(examples);
  result.up = up(sizes);
  result.source = timing.source;
  result.not_counted = not_counted(group);
  const auto late = [&](double seconds) { return configuration.deadline && seconds > *configuration.deadline; };
  result.is_late = late(result.seconds());
  result.is_late_at_first = late(result.down + result.training + up(assembly.wire_sizes(0)));
  return result;
}

std::string network_comment(const configs::Configuration& configuration) {
  std::string comment;
  for (const auto& tier : configuration.fog) {
    if (tier.aggregates) continue;
    if (tier.cell.half_duplex)
      comment = "half-duplex cells below what passes on are no tree: a general solver, slow beyond hundreds of flows";
    else if (tier.cell.fairness == "airtime" && comment.empty())
      comment = "cells share time: by rate, not evenly, devices share the links above them too";
  }
  return comment;
}

std::string groups_text(const Estimate& e) {
  std::string text;
  for (const auto& group : e.groups)
    text +=
        fmt::format("devices        {}: down {}, training {} ({}), up {}{}{}\n", group.name, human_seconds(group.down),
                    human_seconds(group.training), group.source, human_seconds(group.up), group.not_counted,
                    group.is_late            ? "; longer than the deadline"
                    : group.is_late_at_first ? "; longer than the deadline while updates warm up"
                                             : "");
  return text;
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
  const auto selected = assembly.selection->devices_asked();
  const auto sizes = assembly.payload_sizes(usual_version(configuration));
  const double examples = mean_examples(assembly);
  Estimate result;
  result.parameters = assembly.facts.parameter_count();
  result.down_bytes_per_round = selected * sizes.model;
  result.up_bytes_per_round = selected * sizes.update;
  result.first_up_bytes = selected * assembly.payload_sizes(0).update;
  result.warming_up_bytes = warming_up_bytes(configuration, assembly);
  result.training_flops_per_round = static_cast<double>(selected) * examples * assembly.facts.training_flops();
  for (std::size_t i = 0; i < configuration.devices.size(); ++i)
    result.groups.push_back(estimate_group(configuration, i, assembly, static_cast<double>(selected), examples));
  for (const auto& group : result.groups) {
    if (group.seconds() <= result.round_seconds) continue;
    result.round_seconds = group.seconds();
    result.slowest_group = group.name;
  }
  if (configuration.deadline) result.round_seconds = std::min(result.round_seconds, *configuration.deadline);
  result.network_comment = network_comment(configuration);
  add_memory(assembly, result);
  add_state(assembly, result);
  add_tree(configuration, assembly, result);
  return result;
}

std::string to_text(const Estimate& e, std::int64_t rounds) {
  const auto total = static_cast<double>(rounds);
  const bool warms_up = e.warming_up_bytes > 0;
  const auto up = static_cast<double>(e.up_bytes_per_round);
  const auto first = warms_up
                         ? fmt::format("{} in the first round, ", human_bytes(static_cast<double>(e.first_up_bytes)))
                         : std::string();
  return fmt::format(
             "model          {} parameters\n"
             "down           at most {} a round, {} in all\n"
             "up             at most {}{} a round{}, {} in all\n"
             "training       {} a round\n"
             "virtual time   about {} a round (slowest: {}), {}{} in all\n"
             "memory         {} in an aggregator; about {} in a simulation\n"
             "device memory  {}\n",
             human_count(e.parameters), human_bytes(static_cast<double>(e.down_bytes_per_round)),
             human_bytes(static_cast<double>(e.down_bytes_per_round) * total), first, human_bytes(up),
             warms_up ? " in the end" : "", human_bytes(up * total + e.warming_up_bytes),
             human_flops(e.training_flops_per_round), human_seconds(e.round_seconds), e.slowest_group,
             warms_up ? "beside the warm-up " : "", human_seconds(e.round_seconds * total),
             human_bytes(static_cast<double>(e.server_memory_bytes)),
             human_bytes(static_cast<double>(e.simulation_memory_bytes)), e.device_memory) +
         groups_text(e) + (e.network_comment.empty() ? "" : "network        " + e.network_comment + "\n") +
         state_text(e) + tree_text(e);
}

}  // namespace brume::federation
