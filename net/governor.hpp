#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/sensors.hpp"

namespace brume::net {

/// To what a device keeps while it trains.
struct DeviceLimits {
  std::uint64_t memory = 0;       ///< resident bytes of the process; 0: no limit
  double cpu_share = 1;           ///< of the machine's processor time
  std::optional<double> celsius;  ///< above it training pauses
  double battery = 0;             ///< below this charge, 0 … 1, training pauses unless the device is on mains

  bool any() const { return memory > 0 || cpu_share < 1 || celsius || battery > 0; }
};

/// Keeps training within a device's limits. Training asks it between any two steps: it waits there while the device is
/// too warm or its battery too low, and long enough that processor time stays within its share.
class Governor {
 public:
  using Changed = std::function<void(const std::string& why)>;  ///< paused, or "": goes on; on the training's thread

  Governor(DeviceLimits limits, std::unique_ptr<Sensors> sensors, Changed changed,
           std::chrono::milliseconds look_every = std::chrono::seconds(1));

  /// Before the first step of a task.
  void begin_task() { looked_ = step_began_ = {}; }
  /// Returns at once when `leave` is set. Throws Error when the process takes more memory than it may: the task fails.
  void between_steps(const std::atomic<bool>& leave);
  /// Why training is paused, or "". From any thread.
  std::string paused_because() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string why_pause(const Readings& readings) const;
  void look(const std::atomic<bool>& leave);
  void keep_share(const std::atomic<bool>& leave);
  void set_paused(const std::string& why);

  DeviceLimits limits_;
  std::unique_ptr<Sensors> sensors_;
  Changed changed_;
  std::chrono::milliseconds look_every_;
  Clock::time_point looked_{};
  Clock::time_point step_began_{};
  std::chrono::nanoseconds cpu_at_step_{};
  std::chrono::nanoseconds debt_{};  // of rest
  mutable std::mutex mutex_;
  std::string paused_;
};

}  // namespace brume::net
