#include "sim/network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "messages/describe.hpp"

namespace brume::sim {

namespace {

constexpr double kUnshared = std::numeric_limits<double>::infinity();

bool is_payload(const Message& message) {
  return std::holds_alternative<TaskMessage>(message) || std::holds_alternative<UpdateMessage>(message);
}

}  // namespace

// The cloud sends on its uplink what its children receive on their downlinks.
Network::Network(const configs::LinkSection& cloud, const Fleet& fleet, const Tree& tree, EventQueue& queue,
                 Totals& totals)
    : cloud_(cloud),
      fleet_(fleet),
      tree_(tree),
      queue_(queue),
      totals_(totals),
      stars_{StarLink(cloud.up), StarLink(cloud.down), StarLink(kUnshared), StarLink(kUnshared)} {}

const configs::LinkSection& Network::link_of(NodeId node) const {
  return node.role == NodeId::Role::device ? fleet_.group_of(node.index).link : tree_.tier_of(node).link;
}

StarLink& Network::star_of(const Transfer& transfer) {
  return stars_[(at_the_cloud(transfer.node) ? 0U : 2U) + static_cast<std::size_t>(transfer.direction)];
}

void Network::send(Time now, Direction direction, NodeId node, Message message) {
  const std::uint64_t id = next_id_++;
  const std::uint64_t bytes = wire_bytes(message);
  transfers_.emplace(id, Transfer{direction, node, std::move(message), bytes, now});
  auto& waiting = waiting_[{direction, node}];
  waiting.push_back(id);
  if (waiting.size() == 1) start_next(now, {direction, node});
}

void Network::start_next(Time now, const Lane& lane) {
  const auto waiting = waiting_.find(lane);
  if (waiting->second.empty()) {
    waiting_.erase(waiting);
    return;
  }
  auto& transfer = transfers_.at(waiting->second.front());
  transfer.started = now;
  const auto& link = link_of(transfer.node);
  const double cap = transfer.direction == Direction::down ? link.down : link.up;
  star_of(transfer).start(now, waiting->second.front(), 8.0 * static_cast<double>(transfer.bytes), cap);
}

void Network::account(const Transfer& transfer, std::uint64_t bytes, Time now) {
  const auto& link = link_of(transfer.node);
  const bool down = transfer.direction == Direction::down;
  const bool device = transfer.node.role == NodeId::Role::device;
  if (device) (down ? totals_.device_down_bytes : totals_.device_up_bytes) += bytes;
  if (!device) (down ? totals_.fog_down_bytes : totals_.fog_up_bytes) += bytes;
  totals_.radio_joules += (down ? link.receive_power : link.transmit_power) * in_seconds(now - transfer.started);
}

Time Network::next_completion() {
  Time next = kNever;
  for (auto& star : stars_) next = std::min(next, star.next_completion());
  return next;
}

void Network::complete(Time now) {
  auto& star = *std::find_if(stars_.begin(), stars_.end(), [&](StarLink& one) { return one.next_completion() == now; });
  const FlowId id = star.complete(now);
  const auto& transfer = transfers_.at(id);
  account(transfer, transfer.bytes, now);
  auto latency = duration_from_seconds(link_of(transfer.node).latency);
  if (at_the_cloud(transfer.node)) latency += duration_from_seconds(cloud_.latency);
  queue_.schedule(after(now, latency), QueuedEvent::Kind::delivered, transfer.node, id);
  const Lane lane{transfer.direction, transfer.node};
  waiting_.at(lane).pop_front();
  start_next(now, lane);
}

Network::Delivery Network::deliver(std::uint64_t id) {
  auto found = transfers_.extract(id);
  auto& transfer = found.mapped();
  return {transfer.direction, transfer.node, std::move(transfer.message), transfer.bytes};
}

bool Network::drop(Time now, Direction direction, const TaskId& task) {
  const Lane lane{direction, NodeId::device(task.device)};
  const auto found = waiting_.find(lane);
  if (found == waiting_.end()) return false;
  auto& waiting = found->second;
  const auto place = std::find_if(waiting.begin(), waiting.end(), [&](std::uint64_t id) {
    const auto& message = transfers_.at(id).message;
    return is_payload(message) && task_of(message) == task;
  });
  if (place == waiting.end()) return false;
  const std::uint64_t id = *place;
  const bool is_flow = place == waiting.begin();
  waiting.erase(place);
  if (is_flow) {
    stop_flow(now, id);
    start_next(now, lane);
  }
  transfers_.erase(id);
  return true;
}

void Network::stop_flow(Time now, std::uint64_t id) {
  const auto& transfer = transfers_.at(id);
  const auto left = static_cast<std::uint64_t>(std::floor(star_of(transfer).cancel(now, id) / 8.0));
  account(transfer, transfer.bytes - std::min(left, transfer.bytes), now);
}

void Network::stop(Time now) {
  std::vector<std::uint64_t> flows;
  for (const auto& [lane, waiting] : waiting_) flows.push_back(waiting.front());
  std::sort(flows.begin(), flows.end());
  for (const auto id : flows) stop_flow(now, id);
  waiting_.clear();
  transfers_.clear();
}

template <class Archive>
void Network::Transfer::describe(Archive& archive) {
  archive(direction, node, message, bytes, started);
}

template <class Archive>
void Network::describe(Archive& archive) {
  for (auto& star : stars_) archive(star);
  archive(transfers_, next_id_);
  std::map<Lane, std::vector<std::uint64_t>> waiting;
  for (const auto& [lane, ids] : waiting_) waiting[lane] = {ids.begin(), ids.end()};
  archive(waiting);
  if constexpr (Archive::kReading) {
    waiting_.clear();
    for (const auto& [lane, ids] : waiting) waiting_[lane] = {ids.begin(), ids.end()};
  }
}
template void Network::describe(ArchiveWriter& archive);
template void Network::describe(ArchiveReader& archive);

}  // namespace brume::sim
