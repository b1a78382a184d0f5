#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brume/time.hpp"
#include "brume/training.hpp"
#include "brume/update.hpp"

namespace brume {

/// What became of one step of the server.
struct RoundReport {
  std::uint64_t round = 0;  ///< counted from 1
  Time opened;
  Time closed;
  std::uint64_t cohort = 0;
  std::uint64_t included = 0;
  std::uint64_t late = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  double training_loss = 0;          ///< mean of the included devices', by weight
  std::vector<NamedScalar> scalars;  ///< the algorithm's, then the metrics' others
  std::optional<Metrics> metrics;
  std::string first_problem;  ///< why the first refused or failed task was, or ""
};

/// The scalar that marks a step which was none: an operator's model took the place of the last one.
inline constexpr std::string_view kImported = "imported";

inline bool imported(const RoundReport& report) {
  return report.cohort == 0 && !report.scalars.empty() && report.scalars.front().name == kImported;
}

}  // namespace brume
