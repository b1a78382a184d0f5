#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "brume/time.hpp"

namespace brume::sim {

/// A future event as plain data. What `first` and `second` mean depends on the kind.
struct QueuedEvent {
  enum class Kind : std::uint8_t { timer, persisted, evaluated, delivered, training_done };
  Time at;
  std::uint64_t sequence = 0;
  Kind kind = Kind::timer;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// Future events in order of time; equal times in the order in which they were scheduled.
class EventQueue {
 public:
  void schedule(Time at, QueuedEvent::Kind kind, std::uint64_t first, std::uint64_t second = 0) {
    events_.push({at, sequence_++, kind, first, second});
  }
  Time next() const { return events_.empty() ? kNever : events_.top().at; }
  QueuedEvent pop() {
    const QueuedEvent event = events_.top();
    events_.pop();
    return event;
  }

 private:
  struct Later {
    bool operator()(const QueuedEvent& a, const QueuedEvent& b) const {
      return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }
  };
  std::priority_queue<QueuedEvent, std::vector<QueuedEvent>, Later> events_;
  std::uint64_t sequence_ = 0;
};

}  // namespace brume::sim
