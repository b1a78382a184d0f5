#pragma once

#include <cstdint>
#include <string>

#include "configs/document.hpp"
#include "federation/assembly.hpp"

namespace brume::federation {

/// What a run will take, computed from the configuration without running it.
struct Estimate {
  std::uint64_t parameters = 0;
  std::uint64_t down_bytes_per_round = 0;  ///< upper bound: worst-case frames, every selected device
  std::uint64_t up_bytes_per_round = 0;
  double training_flops_per_round = 0;    ///< of an average cohort
  double round_seconds = 0;               ///< virtual: the slowest group's download, training and upload
  std::string slowest_group;              ///< which devices those are
  std::uint64_t server_memory_bytes = 0;  ///< of the aggregator: model, sums, one update
  std::uint64_t simulation_memory_bytes =
      0;  ///< of a simulation: frames and models of a cohort, this process as it is now
};

Estimate estimate(const configs::Document& document, const Assembly& assembly);

/// The estimate as lines for a person.
std::string to_text(const Estimate& estimate, std::int64_t rounds);

}  // namespace brume::federation
