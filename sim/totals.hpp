#pragma once

#include <cstdint>

namespace brume::sim {

/// What a simulation has added up so far.
struct Totals {
  std::uint64_t device_up_bytes = 0;    ///< that left devices
  std::uint64_t device_down_bytes = 0;  ///< that reached devices
  double compute_joules = 0;
  double radio_joules = 0;
  std::uint64_t included = 0;
  std::uint64_t late = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
};

}  // namespace brume::sim
