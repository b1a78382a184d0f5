#pragma once

#include <algorithm>
#include <chrono>

#include "brume/time.hpp"

namespace brume::net {

/// A node's own clock: nanoseconds since 1970 when the process started, counted on by a clock that never jumps. It does
/// not start before `at_least`, so that a node that was made again never sees its past in the future. Nodes do not
/// compare clocks: what travels is how much time is left.
class NodeClock {
 public:
  explicit NodeClock(Time at_least) : started_(std::chrono::steady_clock::now()) {
    const auto wall = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
    base_ = std::max(Time(wall), at_least);
  }
  Time now() const { return base_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started_); }

 private:
  std::chrono::steady_clock::time_point started_;
  Time base_;
};

}  // namespace brume::net
