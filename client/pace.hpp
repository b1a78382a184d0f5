#pragma once

#include <algorithm>
#include <functional>
#include <optional>

#include "brume/task.hpp"
#include "brume/time.hpp"

namespace brume::client {

/// What a device's host expects of its next task.
struct Pace {
  Duration training{};
  double bytes_per_second = 0;  ///< of its link upwards
  Duration latency{};
};

/// None while the host knows nothing yet.
using PaceOf = std::function<std::optional<Pace>(const TaskId&)>;

/// How large an update may be that is to arrive before `deadline`, if its task begins `now`: at least a byte. A fifth
/// of the time is for what nobody expects.
inline std::size_t most_bytes_before(Time deadline, Time now, const Pace& pace) {
  constexpr double kShare = 0.8;
  constexpr double kMost = 1e15;
  const double left = in_seconds(deadline - now - pace.training - pace.latency);
  return static_cast<std::size_t>(std::clamp(kShare * left * pace.bytes_per_second, 1.0, kMost));
}

}  // namespace brume::client
