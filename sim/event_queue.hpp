#pragma once

#include <cstdint>

#include "brume/time.hpp"
#include "messages/messages.hpp"
#include "sim/ladder_queue.hpp"

namespace brume::sim {

/// A future event as plain data. What `first` means depends on the kind.
struct QueuedEvent {
  enum class Kind : std::uint8_t { timer, evaluation, delivered, training_done, link_ready };
  Time at;
  std::uint64_t sequence = 0;
  Kind kind = Kind::timer;
  NodeId node;  ///< that it is for
  std::uint64_t first = 0;

  template <class Archive>
  void describe(Archive& archive) {
    archive(at, sequence, kind, node, first);
  }
};

/// Future events in order of time; equal times in the order in which they were scheduled.
class EventQueue {
 public:
  void schedule(Time at, QueuedEvent::Kind kind, NodeId node, std::uint64_t first) {
    if (at == kNever) return;
    events_.push({at, sequence_++, kind, node, first});
  }
  Time next() { return events_.empty() ? kNever : events_.top().at; }
  QueuedEvent pop() { return events_.pop(); }

  /// Undoes a pop(): the event is as far ahead as it was.
  void put_back(const QueuedEvent& event) { events_.push(event); }

  template <class Archive>
  void describe(Archive& archive) {
    auto events = events_.events();
    archive(events, sequence_);
    if constexpr (Archive::kReading) {
      events_ = {};
      for (const auto& event : events) events_.push(event);
    }
  }

 private:
  LadderQueue<QueuedEvent> events_;
  std::uint64_t sequence_ = 0;
};

}  // namespace brume::sim
