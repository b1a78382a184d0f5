#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

#include "client/pace.hpp"
#include "messages/events.hpp"

namespace brume::net {

/// How long this device trained and how fast its link was, as its last task showed; nothing before the first. All on
/// one thread.
class MeasuredPace {
 public:
  using Clock = std::chrono::steady_clock;

  void began(Token training, Clock::time_point now) { begun_[training] = now; }
  void trained(Token training, Clock::time_point now);
  void sent(const TaskId& task, std::size_t bytes, Clock::time_point now);
  /// The node above has it on disk.
  void stored(const TaskId& task, Clock::time_point now);
  void forget(const TaskId& task) { sent_.erase(task); }

  std::optional<client::Pace> pace() const;

 private:
  struct Sent {
    std::size_t bytes = 0;
    Clock::time_point at;
  };
  std::map<Token, Clock::time_point> begun_;
  std::map<TaskId, Sent> sent_;
  std::optional<Duration> training_;
  std::optional<double> bytes_per_second_;
};

}  // namespace brume::net
