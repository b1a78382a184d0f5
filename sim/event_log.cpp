#include "sim/event_log.hpp"

#include "core/archive.hpp"

namespace brume::sim {

namespace {

constexpr std::size_t kBlock = 1 << 16;

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
  if (pending_.size() < kBlock) return;
  chain_ = link(chain_, pending_.bytes());
  pending_ = {};
}

Digest EventLog::link(const Digest& before, std::span<const std::byte> block) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(before)));
  hash.update(block);
  return hash.finish();
}

Digest EventLog::digest() const { return link(chain_, pending_.bytes()); }

template <class Archive>
void EventLog::describe(Archive& archive) {
  Bytes pending(pending_.bytes().begin(), pending_.bytes().end());
  archive(pending, chain_, events_);
  if constexpr (Archive::kReading) {
    pending_ = {};
    pending_.append(pending);
  }
}
template void EventLog::describe(ArchiveWriter& archive);
template void EventLog::describe(ArchiveReader& archive);

}  // namespace brume::sim
