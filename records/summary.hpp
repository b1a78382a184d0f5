#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "brume/training.hpp"

namespace brume::records {

/// Which program, libraries and processor computed a run.
struct Build {
  std::string version;
  std::string compiler;
  std::string libtorch;
  std::string blas;
  std::string cpu;
};

Build describe_build(const LearningBuild& learning);

/// One group of devices: where its training times come from, and what it spent in each state.
struct DeviceClass {
  std::string name;
  std::uint64_t count = 0;
  std::string timing;
  struct State {
    std::string name;
    double seconds = 0;            ///< of all devices together
    std::optional<double> joules;  ///< none without a power for this state
  };
  std::vector<State> states;
};

/// The figures of a run, as they stand in summary.json.
struct Summary {
  std::string name;
  std::int64_t seed = 0;
  std::uint64_t rounds = 0;  ///< that ended
  unsigned workers = 0;
  double wall_seconds = 0;
  double virtual_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::optional<Metrics> metrics;           ///< of the last evaluation
  std::optional<DeviceMetrics> on_devices;  ///< of the last evaluation on devices
  std::optional<Target> target;
  std::optional<std::uint64_t> target_round;
  std::optional<double> target_virtual_seconds;
  std::uint64_t device_up_bytes = 0, device_down_bytes = 0, fog_up_bytes = 0, fog_down_bytes = 0;
  double compute_joules = 0, radio_joules = 0, idle_joules = 0, sleep_joules = 0;
  std::vector<DeviceClass> devices;
  std::uint64_t included = 0, late = 0, refused = 0, failed = 0;
  std::string first_problem;  ///< why the first refused or failed task was, or ""
  std::string parameters_sha256;
  std::string events_sha256;
  Build build;
  bool interrupted = false;

  /// What a checkpoint keeps of it; the rest is known or counted elsewhere.
  template <class Archive>
  void describe(Archive& archive) {
    archive(rounds, wall_seconds, metrics, on_devices, target_round, target_virtual_seconds, first_problem);
    if (metrics) archive(metrics->others);
  }
};

nlohmann::ordered_json to_json(const Summary& summary);

/// "0.8123 on average over 100, worst decile 0.6112".
std::string describe(const DeviceMetrics& metrics);

/// The largest resident set of this process so far, in bytes.
std::uint64_t peak_rss_bytes();

}  // namespace brume::records
