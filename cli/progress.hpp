#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/events.hpp"

namespace brume::cli {

/// Shows how far a run is, on standard error: a bar that is redrawn on a terminal and cut to its width, otherwise a
/// line for each evaluation and at least every ten seconds.
class Progress {
 public:
  explicit Progress(std::uint64_t rounds);
  ~Progress();  ///< takes the bar away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `more` are further figures, the most important first.
  void show(const RoundReport& report, const std::vector<std::string>& more);

 private:
  using Clock = std::chrono::steady_clock;
  std::string bar(std::uint64_t round) const;
  std::string figures(const RoundReport& report, const std::vector<std::string>& more, std::size_t width) const;

  std::uint64_t rounds_;
  bool terminal_;
  Clock::time_point started_;
  Clock::time_point shown_;
  std::optional<NamedScalar> headline_;  // of the last evaluation
};

}  // namespace brume::cli
