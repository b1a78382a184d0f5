#include "sim/network.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "messages/describe.hpp"

namespace brume::sim {

namespace {

bool is_payload(const Message& message) {
  return std::holds_alternative<TaskMessage>(message) || std::holds_alternative<UpdateMessage>(message);
}

Time time_from_seconds(double seconds) {
  return seconds == FlowNetwork::kNoCompletion ? kNever : Time(duration_from_seconds(seconds));
}

}  // namespace

Network::Network(const configs::LinkSection& cloud, const Fleet& fleet, const Tree& tree, EventQueue& queue,
                 Totals& totals, EnergyLedger& energy, Measure measure, Watch watch)
    : fleet_(fleet),
      wiring_(cloud, fleet, tree),
      queue_(queue),
      totals_(totals),
      energy_(energy),
      measure_(std::move(measure)),
      watch_(std::move(watch)),
      tree_(wiring_.make_tree()),
      mesh_(wiring_.make_mesh()),
      flows_(tree_ ? static_cast<FlowNetwork*>(tree_.get()) : mesh_.get()) {}

// Flows end between two nanoseconds; the simulation hears of it at the later one. Returns the flows' own time.
double Network::catch_up(Time now) {
  const double seconds = std::max(in_seconds(now), last_);
  while (flows_->next_completion() <= seconds) {
    const Time at = time_from_seconds(flows_->next_completion());
    ended_.emplace_back(std::min(at, now), flows_->complete());
  }
  return last_ = seconds;
}

bool Network::idle(NodeId node) const {
  return !waiting_.contains({Direction::down, node}) && !waiting_.contains({Direction::up, node});
}

void Network::send(Time now, Direction direction, NodeId node, Message message) {
  const std::uint64_t id = next_id_++;
  const std::uint64_t bytes = measure_(message);
  const double bits = federation::link_bits(wiring_.link_of(node), direction, bytes);
  if (const double setup = wiring_.link_of(node).setup; setup > 0 && idle(node))
    setups_.try_emplace(node, Setup{after(now, duration_from_seconds(setup)), direction});
  transfers_.emplace(id, Transfer{direction, node, std::move(message), bytes, bits, now, 0, false, 0});
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
  const auto id = waiting->second.front();
  transfers_.at(id).started = now;
  setups_.contains(lane.second) ? wait_for_setup(now, id) : start_flow(now, id);
}

void Network::wait_for_setup(Time now, std::uint64_t id) {
  auto& transfer = transfers_.at(id);
  const auto& setup = setups_.at(transfer.node);
  if (setup.payer == transfer.direction) transfer.setup = in_seconds(setup.ready - now);
  queue_.schedule(setup.ready, QueuedEvent::Kind::link_ready, transfer.node, id);
}

void Network::ready(Time now, NodeId node, std::uint64_t id) {
  const auto setup = setups_.find(node);
  if (setup != setups_.end() && setup->second.ready <= now) setups_.erase(setup);
  if (transfers_.contains(id)) start_flow(now, id);  // otherwise it was dropped
}

void Network::start_flow(Time now, std::uint64_t id) {
  auto& transfer = transfers_.at(id);
  const double at = catch_up(now);
  transfer.flow = flows_->start(at, id, wiring_.route(transfer.direction, transfer.node),
                                wiring_.class_of(transfer.direction, transfer.node), transfer.bits);
  transfer.flowing = true;
}

// A share of the transfer has been sent.
void Network::account(const Transfer& transfer, double share, Time now) {
  const bool down = transfer.direction == Direction::down;
  const auto bytes = static_cast<std::uint64_t>(std::ceil(static_cast<double>(transfer.bytes) * share));
  if (transfer.node.role == NodeId::Role::device) {
    (down ? totals_.device_down_bytes : totals_.device_up_bytes) += bytes;
    const double sending =
        transfer.bits * share / federation::sending_rate(wiring_.link_of(transfer.node), transfer.direction);
    energy_.used_radio(fleet_.group_index(transfer.node.index), down ? PowerState::receive : PowerState::transmit,
                       sending + std::min(transfer.setup, in_seconds(now - transfer.started)));
  } else {
    (down ? totals_.fog_down_bytes : totals_.fog_up_bytes) += bytes;
  }
  if (watch_)
    watch_({transfer.node, down ? Span::Lane::down : Span::Lane::up, name_of(transfer.message),
            task_of(transfer.message), transfer.started, now, bytes});
}

Time Network::next_completion() const {
  return ended_.empty() ? time_from_seconds(flows_->next_completion()) : ended_.front().first;
}

void Network::complete(Time now) {
  if (ended_.empty()) {  // now is next_completion(), whatever rounding says
    last_ = std::max(last_, flows_->next_completion());
    ended_.emplace_back(now, flows_->complete());
  }
  const auto id = ended_.front().second;
  ended_.pop_front();
  auto& transfer = transfers_.at(id);
  transfer.flowing = false;
  account(transfer, 1, now);
  queue_.schedule(after(now, wiring_.latency(transfer.node)), QueuedEvent::Kind::delivered, transfer.node, id);
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
  const bool is_first = place == waiting.begin();
  if (is_first) stop_transfer(now, id);
  waiting.erase(place);
  transfers_.erase(id);
  if (is_first) start_next(now, lane);
  return true;
}

void Network::stop_transfer(Time now, std::uint64_t id) {
  auto& transfer = transfers_.at(id);
  if (!transfer.flowing) return account(transfer, 0, now);
  const double at = catch_up(now);
  const auto ended = std::find_if(ended_.begin(), ended_.end(), [&](const auto& end) { return end.second == id; });
  if (ended != ended_.end()) {
    ended_.erase(ended);
    return account(transfer, 1, now);
  }
  const double left = flows_->cancel(at, transfer.flow) / transfer.bits;
  account(transfer, std::clamp(1 - left, 0.0, 1.0), now);
}

void Network::stop(Time now) {
  std::vector<std::uint64_t> first;
  for (const auto& [lane, waiting] : waiting_) first.push_back(waiting.front());
  std::sort(first.begin(), first.end());
  for (const auto id : first) stop_transfer(now, id);
  waiting_.clear();
  transfers_.clear();
  setups_.clear();
}

template <class Archive>
void Network::Transfer::describe(Archive& archive) {
  archive(direction, node, message, bytes, bits, started, setup, flowing, flow);
}

template <class Archive>
void Network::describe(Archive& archive) {
  tree_ ? archive(*tree_) : archive(*mesh_);
  archive(last_, transfers_, setups_, next_id_);
  std::vector<std::pair<Time, std::uint64_t>> ended(ended_.begin(), ended_.end());
  archive(ended);
  std::map<Lane, std::vector<std::uint64_t>> waiting;
  for (const auto& [lane, ids] : waiting_) waiting[lane] = {ids.begin(), ids.end()};
  archive(waiting);
  if constexpr (Archive::kReading) {
    ended_ = {ended.begin(), ended.end()};
    waiting_.clear();
    for (const auto& [lane, ids] : waiting) waiting_[lane] = {ids.begin(), ids.end()};
  }
}
template void Network::describe(ArchiveWriter& archive);
template void Network::describe(ArchiveReader& archive);

}  // namespace brume::sim
