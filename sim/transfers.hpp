#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "messages/messages.hpp"
#include "sim/event_queue.hpp"
#include "sim/fleet.hpp"
#include "sim/star_link.hpp"
#include "sim/totals.hpp"

namespace brume::sim {

enum class Direction : std::uint8_t { down, up };

/// Messages on their way over one direction of the cloud's link. Each device's messages go one after the other, as over
/// one connection, so a device is at most one flow; flows of different devices share the cloud's capacity. A message is
/// delivered its latency after its last bit was sent.
class Transfers {
 public:
  Transfers(Direction direction, const configs::LinkSection& cloud, const Fleet& fleet, EventQueue& queue,
            Totals& totals);

  void send(Time now, DeviceIndex device, Message message);
  Time next_completion() { return link_.next_completion(); }
  /// The flow that next_completion() is about has been sent: schedules its delivery, starts the device's next.
  void complete(Time now);
  /// The message that a `delivered` event is about.
  struct Delivery {
    DeviceIndex device = 0;
    Message message;
    std::uint64_t bytes = 0;
  };
  Delivery deliver(std::uint64_t transfer);
  /// Stops what is under way or queued for this task; returns whether anything was.
  bool drop(Time now, const TaskId& task);
  /// Stops everything; what has been sent is counted.
  void stop(Time now);

 private:
  struct Transfer {
    DeviceIndex device = 0;
    Message message;
    std::uint64_t bytes = 0;
    Time started;
  };
  void start_next(Time now, DeviceIndex device);
  void stop_flow(Time now, std::uint64_t id);
  void account(const Transfer& transfer, std::uint64_t bytes, Time now);
  double cap(DeviceIndex device) const;

  Direction direction_;
  Duration cloud_latency_;
  const Fleet& fleet_;
  EventQueue& queue_;
  Totals& totals_;
  StarLink link_;
  std::unordered_map<std::uint64_t, Transfer> transfers_;
  std::unordered_map<DeviceIndex, std::deque<std::uint64_t>> waiting_;  // the first is the flow
  std::uint64_t next_id_ = 0;
};

}  // namespace brume::sim
