#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "brume/time.hpp"
#include "configs/configuration.hpp"
#include "sim/totals.hpp"

namespace brume::sim {

/// What a device draws power for. At any instant it computes, idles or sleeps; beside that its radio may send, receive
/// or both.
enum class PowerState : std::uint8_t { compute, idle, sleep, transmit, receive };
inline constexpr std::size_t kPowerStates = 5;
std::string_view to_string(PowerState state);

/// Time and energy of one group of devices so far.
struct GroupEnergy {
  std::array<double, kPowerStates> seconds{};
  std::array<double, kPowerStates> joules{};
};

/// Books of who was in which state for how long, by group of devices. Costs nothing for devices that sleep: their time
/// is what is left of count × time. A radio's time is that which its bits take at its full rate, so that energy per bit
/// is the same whether others share the link or not; the rest of a transfer it waits.
class EnergyLedger {
 public:
  explicit EnergyLedger(const std::vector<configs::DeviceGroup>& groups);

  void wakes(Time now, std::size_t group) { change(now, group, 1, 0); }
  void sleeps(Time now, std::size_t group) { change(now, group, -1, 0); }
  void starts_computing(Time now, std::size_t group) { change(now, group, 0, 1); }
  void stops_computing(Time now, std::size_t group) { change(now, group, 0, -1); }
  /// Of the time that a device was awake and did not compute, so much it slept after all.
  void dozed(std::size_t group, double seconds) { books_[group].awake_seconds -= seconds; }
  void used_radio(std::size_t group, PowerState state, double seconds);

  /// Up to `now`.
  std::vector<GroupEnergy> at(Time now) const;
  /// The same over all groups, into the fields for joules.
  void add_up(Time now, Totals& totals) const;

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Books {
    std::int64_t awake = 0;  // devices, now
    std::int64_t computing = 0;
    Time last{};
    double awake_seconds = 0;  // of all devices together, up to `last`
    double compute_seconds = 0;
    double transmit_seconds = 0;
    double receive_seconds = 0;
    template <class Archive>
    void describe(Archive& archive) {
      archive(awake, computing, last, awake_seconds, compute_seconds, transmit_seconds, receive_seconds);
    }
  };
  struct Group {
    double count = 0;
    std::array<double, kPowerStates> watts{};
  };
  void change(Time now, std::size_t group, std::int64_t awake, std::int64_t computing);

  std::vector<Group> groups_;
  std::vector<Books> books_;
};

}  // namespace brume::sim
