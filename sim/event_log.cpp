#include "sim/event_log.hpp"

namespace brume::sim {

namespace {

constexpr std::size_t kFlushAt = 1 << 16;

}  // namespace

void EventLog::record(Time at, What what, const NodeId& node, const TaskId& task, std::uint64_t detail) {
  pending_.u64(static_cast<std::uint64_t>(at.time_since_epoch().count()));
  pending_.u8(static_cast<std::uint8_t>(what));
  pending_.u8(static_cast<std::uint8_t>(node.role));
  pending_.u64(node.index);
  pending_.u64(task.version);
  pending_.u64(task.device);
  pending_.u32(task.attempt);
  pending_.u64(detail);
  ++events_;
  if (pending_.size() < kFlushAt) return;
  hash_.update(pending_.bytes());
  pending_ = {};
}

Digest EventLog::finish() {
  hash_.update(pending_.bytes());
  return hash_.finish();
}

}  // namespace brume::sim
