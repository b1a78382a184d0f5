#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "core/human.hpp"

namespace brume::cli {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kLine = std::chrono::seconds(10);

double seconds_since(std::chrono::steady_clock::time_point moment) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - moment).count();
}

}  // namespace

Progress::Progress(std::uint64_t rounds)
    : rounds_(rounds), terminal_(isatty(STDERR_FILENO) == 1), started_(Clock::now()), shown_(started_) {}

Progress::~Progress() {
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

std::string Progress::bar(std::uint64_t round) const {
  constexpr std::uint64_t kWidth = 20;
  const auto filled = static_cast<std::size_t>(round * kWidth / rounds_);
  return "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "]";
}

std::string Progress::figures(const RoundReport& report, const sim::Totals& totals) const {
  std::string text = fmt::format("round {}/{}", report.round, rounds_);
  if (accuracy_) text += fmt::format(" · accuracy {:.4f}", *accuracy_);
  text += fmt::format(" · training loss {:.3f} · virtual {} · {} moved", report.training_loss,
                      human_seconds(in_seconds(report.closed)),
                      human_bytes(static_cast<double>(totals.device_up_bytes + totals.device_down_bytes)));
  const auto done = static_cast<double>(report.round);
  const double left = seconds_since(started_) / done * (static_cast<double>(rounds_) - done);
  return text + fmt::format(" · {} left", human_seconds(left));
}

void Progress::show(const RoundReport& report, const sim::Totals& totals) {
  if (report.metrics) accuracy_ = report.metrics->accuracy;
  const auto since = Clock::now() - shown_;
  const bool last = report.round == rounds_;
  const bool due = terminal_ ? since >= kRedraw || report.round == 1 : report.metrics.has_value() || since >= kLine;
  if (!due && !last) return;
  shown_ = Clock::now();
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{} {}", bar(report.round), figures(report, totals));
  } else {
    fmt::print(stderr, "{}\n", figures(report, totals));
  }
  std::fflush(stderr);
}

}  // namespace brume::cli
