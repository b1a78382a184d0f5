#include "brume/time.hpp"

#include <cmath>

namespace brume {

Duration duration_from_seconds(double seconds) {
  if (!(seconds > 0)) return Duration::zero();
  const double nanoseconds = std::ceil(seconds * 1e9);
  if (nanoseconds >= 9.2e18) return Duration::max();
  return Duration(static_cast<std::int64_t>(nanoseconds));
}

}  // namespace brume
