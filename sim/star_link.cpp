#include "sim/star_link.hpp"

#include <algorithm>
#include <cassert>

#include "core/archive.hpp"

namespace brume::sim {

void StarLink::advance(Time now) {
  assert(now >= last_);
  const double seconds = in_seconds(now - last_);
  last_ = now;
  if (seconds == 0) return;
  refresh();
  for (auto& [cap, group] : classes_) group.clock += group.rate * seconds;
}

bool StarLink::is_stale(const Entry& entry) const {
  const auto found = active_.find(entry.flow);
  return found == active_.end() || found->second.sequence != entry.sequence;
}

// Fills the link from the lowest cap up, then finds the flow that ends first.
void StarLink::refresh() {
  if (!dirty_) return;
  dirty_ = false;
  double left = capacity_;
  auto flows = static_cast<double>(active_.size());
  next_ = kNever;
  for (auto& [cap, group] : classes_) {
    group.rate = std::min(cap, left / flows);
    left -= group.rate * static_cast<double>(group.active);
    flows -= static_cast<double>(group.active);
    while (is_stale(group.entries.top())) group.entries.pop();
    const auto& first = group.entries.top();
    const Duration wait = duration_from_seconds((first.tag - group.clock) / group.rate);
    const Time ends = after(last_, wait);
    if (next_ != kNever && ends >= next_) continue;
    next_ = ends;
    next_flow_ = first.flow;
  }
}

void StarLink::start(Time now, FlowId flow, double bits, double cap) {
  advance(now);
  auto& group = classes_[cap];
  const double tag = group.clock + bits;
  group.entries.push({tag, sequence_, flow});
  ++group.active;
  active_.emplace(flow, Flow{cap, tag, sequence_});
  ++sequence_;
  dirty_ = true;
}

Time StarLink::next_completion() {
  refresh();
  return next_;
}

// Empty classes go, so that their clocks start afresh and every class in the map has flows.
void StarLink::remove(std::map<double, Class>::iterator group, std::unordered_map<FlowId, Flow>::iterator flow) {
  active_.erase(flow);
  if (--group->second.active == 0) classes_.erase(group);
  dirty_ = true;
}

FlowId StarLink::complete(Time now) {
  refresh();
  assert(now == next_);
  const FlowId flow = next_flow_;
  advance(now);
  const auto found = active_.find(flow);
  const auto place = classes_.find(found->second.cap);
  place->second.clock = std::max(place->second.clock, found->second.tag);
  remove(place, found);
  return flow;
}

double StarLink::cancel(Time now, FlowId flow) {
  advance(now);
  const auto found = active_.find(flow);
  assert(found != active_.end());
  const auto place = classes_.find(found->second.cap);
  const double left = std::max(0.0, found->second.tag - place->second.clock);
  remove(place, found);
  return left;
}

double StarLink::rate(FlowId flow) {
  refresh();
  return classes_.at(active_.at(flow).cap).rate;
}

// Flows and clocks; queues and rates follow from them.
template <class Archive>
void StarLink::describe(Archive& archive) {
  std::map<FlowId, Flow> flows(active_.begin(), active_.end());
  std::map<double, double> clocks;
  for (const auto& [cap, group] : classes_) clocks[cap] = group.clock;
  archive(last_, sequence_, flows, clocks);
  if constexpr (Archive::kReading) {
    active_ = {flows.begin(), flows.end()};
    classes_.clear();
    for (const auto& [cap, clock] : clocks) classes_[cap].clock = clock;
    for (const auto& [id, flow] : flows) {
      auto& group = classes_[flow.cap];
      group.entries.push({flow.tag, flow.sequence, id});
      ++group.active;
    }
    std::erase_if(classes_, [](const auto& entry) { return entry.second.active == 0; });
    dirty_ = true;
  }
}
template void StarLink::describe(ArchiveWriter& archive);
template void StarLink::describe(ArchiveReader& archive);

}  // namespace brume::sim
