#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "brume/time.hpp"
#include "messages/messages.hpp"

namespace brume::sim {

/// A future event as plain data. What `first` and `second` mean depends on the kind.
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
    events_.push_back({at, sequence_++, kind, node, first});
    std::push_heap(events_.begin(), events_.end(), later);
  }
  Time next() const { return events_.empty() ? kNever : events_.front().at; }
  QueuedEvent pop() {
    std::pop_heap(events_.begin(), events_.end(), later);
    const QueuedEvent event = events_.back();
    events_.pop_back();
    return event;
  }

  /// Undoes a pop(): the event is as far ahead as it was.
  void put_back(const QueuedEvent& event) {
    events_.push_back(event);
    std::push_heap(events_.begin(), events_.end(), later);
  }

  template <class Archive>
  void describe(Archive& archive) {
    archive(events_, sequence_);
  }

 private:
  static bool later(const QueuedEvent& a, const QueuedEvent& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
  }
  std::vector<QueuedEvent> events_;  // a heap
  std::uint64_t sequence_ = 0;
};

}  // namespace brume::sim
