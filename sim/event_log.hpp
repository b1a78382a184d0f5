#pragma once

#include <cstdint>

#include "brume/time.hpp"
#include "core/bytes.hpp"
#include "core/sha256.hpp"
#include "messages/messages.hpp"

namespace brume::sim {

/// What happened, in order, as a hash: two runs with equal hashes had the same events at the same times. The hash is a
/// chain over blocks of events, h ← SHA-256(h, block), so that a run can be put down and taken up again.
class EventLog {
 public:
  enum class What : std::uint8_t { sent = 1, delivered, trained, training_failed, dropped, closed, evaluated };

  /// `detail` is what else distinguishes the event: a message's kind and bytes, or a loss's bits.
  void record(Time at, What what, const NodeId& node, const TaskId& task, std::uint64_t detail);
  std::uint64_t events() const { return events_; }
  Digest digest() const;

  template <class Archive>
  void describe(Archive& archive);

 private:
  static Digest link(const Digest& before, std::span<const std::byte> block);
  ByteWriter pending_;
  Digest chain_{};
  std::uint64_t events_ = 0;
};

}  // namespace brume::sim
