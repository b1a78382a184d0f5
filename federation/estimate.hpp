#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "configs/document.hpp"
#include "federation/assembly.hpp"

namespace brume::federation {

/// What a round is for one group of devices, in seconds of virtual time.
struct GroupEstimate {
  std::string name;
  double down = 0;  ///< with every selected device on its link at once
  double training = 0;
  double up = 0;
  std::string source;             ///< of the training time
  std::string not_counted;        ///< whose energy
  bool is_late = false;           ///< takes longer than the deadline
  bool is_late_at_first = false;  ///< with the first round's updates
  double seconds() const { return down + training + up; }
};

/// What a run will take, computed from the configuration without running it.
struct Estimate {
  std::uint64_t parameters = 0;
  std::uint64_t down_bytes_per_round = 0;  ///< upper bound: worst-case frames, every selected device
  std::uint64_t up_bytes_per_round = 0;    ///< the same; behind a warm-up, if updates have one
  std::uint64_t first_up_bytes = 0;        ///< in the first round
  double warming_up_bytes = 0;             ///< what updates take in all rounds beyond as much in each
  double training_flops_per_round = 0;     ///< of an average cohort
  double round_seconds = 0;                ///< virtual: the slowest group's download, training and upload
  std::vector<GroupEstimate> groups;
  std::string device_memory;              ///< that a task needs, and for what
  std::string slowest_group;              ///< which devices those are
  std::uint64_t server_memory_bytes = 0;  ///< of the aggregator: model, sums, one update
  /// Of a simulation: frames and models of a cohort, sums of the fog nodes, this process as it is now.
  std::uint64_t simulation_memory_bytes = 0;
  std::uint64_t devices = 0;
  std::uint64_t client_state_bytes = 0;  ///< that a device keeps between its tasks, of algorithm and codec
  std::uint64_t fog_node_memory_bytes = 0;
  std::uint64_t fog_up_bytes_per_round = 0;  ///< upper bound
  std::string network_comment;               ///< what to know of how links are shared; "" if nothing
  std::string fog_comment;                   ///< what the tree and its uplink mean; "" for a flat fleet
};

Estimate estimate(const configs::Document& document, const Assembly& assembly);

/// The estimate as lines for a person.
std::string to_text(const Estimate& estimate, std::int64_t rounds);

}  // namespace brume::federation
