#pragma once

#include <chrono>
#include <cstdint>

namespace brume {

/// A span of time: int64 nanoseconds, ± 292 years.
using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// The clock of a federation, virtual or real. It starts at 0 when the federation starts.
struct FederationClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<FederationClock, Duration>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): the standard's name
};

/// A moment of a federation: int64 nanoseconds since its start.
using Time = FederationClock::time_point;

inline constexpr Time kNever = Time::max();

/// `duration` after `time`, kNever if that is beyond the range; duration ≥ 0.
inline Time after(Time time, Duration duration) { return duration >= kNever - time ? kNever : time + duration; }

inline double in_seconds(Duration duration) { return static_cast<double>(duration.count()) * 1e-9; }
inline double in_seconds(Time time) { return in_seconds(time.time_since_epoch()); }

/// The shortest duration that is not below `seconds`; a negative or NaN value gives 0, one beyond the range the
/// maximum.
Duration duration_from_seconds(double seconds);

}  // namespace brume
