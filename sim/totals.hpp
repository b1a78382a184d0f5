#pragma once

#include <cstdint>

namespace brume::sim {

/// What a simulation has added up so far.
struct Totals {
  std::uint64_t device_up_bytes = 0;    ///< that left devices
  std::uint64_t device_down_bytes = 0;  ///< that reached devices
  std::uint64_t fog_up_bytes = 0;       ///< that left fog nodes upwards
  std::uint64_t fog_down_bytes = 0;     ///< that reached fog nodes from above
  double compute_joules = 0;
  double radio_joules = 0;
  double idle_joules = 0;
  double sleep_joules = 0;
  std::uint64_t included = 0;
  std::uint64_t late = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;

  template <class Archive>
  void describe(Archive& archive) {
    archive(device_up_bytes, device_down_bytes, fog_up_bytes, fog_down_bytes, compute_joules, radio_joules, idle_joules,
            sleep_joules, included, late, refused, failed);
  }
};

}  // namespace brume::sim
