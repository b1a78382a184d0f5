#include "sim/transfers.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace brume::sim {

namespace {

// The cloud sends on its uplink what devices receive on their downlinks.
double cloud_capacity(Direction direction, const configs::LinkSection& cloud) {
  return direction == Direction::down ? cloud.up : cloud.down;
}

}  // namespace

Transfers::Transfers(Direction direction, const configs::LinkSection& cloud, const Fleet& fleet, EventQueue& queue,
                     Totals& totals)
    : direction_(direction),
      cloud_latency_(duration_from_seconds(cloud.latency)),
      fleet_(fleet),
      queue_(queue),
      totals_(totals),
      link_(cloud_capacity(direction, cloud)) {}

double Transfers::cap(DeviceIndex device) const {
  const auto& link = fleet_.group_of(device).link;
  return direction_ == Direction::down ? link.down : link.up;
}

void Transfers::send(Time now, DeviceIndex device, Message message) {
  const std::uint64_t id = next_id_++;
  const std::uint64_t bytes = wire_bytes(message);
  transfers_.emplace(id, Transfer{device, std::move(message), bytes, now});
  auto& waiting = waiting_[device];
  waiting.push_back(id);
  if (waiting.size() == 1) start_next(now, device);
}

void Transfers::start_next(Time now, DeviceIndex device) {
  const auto waiting = waiting_.find(device);
  if (waiting->second.empty()) {
    waiting_.erase(waiting);
    return;
  }
  auto& transfer = transfers_.at(waiting->second.front());
  transfer.started = now;
  link_.start(now, waiting->second.front(), 8.0 * static_cast<double>(transfer.bytes), cap(device));
}

void Transfers::account(const Transfer& transfer, std::uint64_t bytes, Time now) {
  const auto& link = fleet_.group_of(transfer.device).link;
  const bool down = direction_ == Direction::down;
  (down ? totals_.device_down_bytes : totals_.device_up_bytes) += bytes;
  totals_.radio_joules += (down ? link.receive_power : link.transmit_power) * in_seconds(now - transfer.started);
}

void Transfers::complete(Time now) {
  const FlowId id = link_.complete(now);
  const auto& transfer = transfers_.at(id);
  account(transfer, transfer.bytes, now);
  const auto latency = cloud_latency_ + duration_from_seconds(fleet_.group_of(transfer.device).link.latency);
  queue_.schedule(after(now, latency), QueuedEvent::Kind::delivered, id, static_cast<std::uint64_t>(direction_));
  waiting_.at(transfer.device).pop_front();
  start_next(now, transfer.device);
}

Transfers::Delivery Transfers::deliver(std::uint64_t id) {
  auto found = transfers_.extract(id);
  auto& transfer = found.mapped();
  return {transfer.device, std::move(transfer.message), transfer.bytes};
}

bool Transfers::drop(Time now, const TaskId& task) {
  const auto found = waiting_.find(task.device);
  if (found == waiting_.end()) return false;
  auto& waiting = found->second;
  const auto place = std::find_if(waiting.begin(), waiting.end(),
                                  [&](std::uint64_t id) { return task_of(transfers_.at(id).message) == task; });
  if (place == waiting.end()) return false;
  const std::uint64_t id = *place;
  const bool is_flow = place == waiting.begin();
  waiting.erase(place);
  if (is_flow) {
    stop_flow(now, id);
    start_next(now, task.device);
  }
  transfers_.erase(id);
  return true;
}

void Transfers::stop_flow(Time now, std::uint64_t id) {
  const auto& transfer = transfers_.at(id);
  const auto left = static_cast<std::uint64_t>(std::floor(link_.cancel(now, id) / 8.0));
  account(transfer, transfer.bytes - std::min(left, transfer.bytes), now);
}

void Transfers::stop(Time now) {
  std::vector<std::uint64_t> flows;
  for (const auto& [device, waiting] : waiting_) flows.push_back(waiting.front());
  std::sort(flows.begin(), flows.end());  // joules are added in an order that no hash table decides
  for (const auto id : flows) stop_flow(now, id);
  waiting_.clear();
  transfers_.clear();
}

}  // namespace brume::sim
