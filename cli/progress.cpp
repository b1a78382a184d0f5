#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/human.hpp"

namespace brume::cli {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kLine = std::chrono::seconds(10);

double seconds_since(std::chrono::steady_clock::time_point moment) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - moment).count();
}

// At least 60: narrower terminals wrap.
std::size_t terminal_columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::max<std::size_t>(60, known ? size.ws_col : 80);
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

std::string Progress::figures(const RoundReport& report, const std::vector<std::string>& more,
                              std::size_t width) const {
  const auto done = static_cast<double>(report.round);
  const double left = seconds_since(started_) / done * (static_cast<double>(rounds_) - done);
  std::vector<std::string> parts;
  if (headline_) parts.push_back(fmt::format("{} {:.4f}", headline_->name, headline_->value));
  if (report.round < rounds_) parts.push_back(fmt::format("{} left", human_seconds(left)));
  parts.insert(parts.end(), more.begin(), more.end());
  parts.push_back(fmt::format("training loss {:.3f}", report.training_loss));
  std::string text = fmt::format("round {}/{}", report.round, rounds_);
  std::size_t columns = text.size();
  for (const auto& part : parts) {  // what does not fit is left out, the least important last
    columns += part.size() + 3;
    if (columns > width) break;
    text += " · " + part;
  }
  return text;
}

void Progress::show(const RoundReport& report, const std::vector<std::string>& more) {
  if (report.metrics) headline_ = report.metrics->headline();
  const auto since = Clock::now() - shown_;
  const bool last = report.round == rounds_;
  const bool due = terminal_ ? since >= kRedraw || report.round == 1 : report.metrics.has_value() || since >= kLine;
  if (!due && !last) return;
  shown_ = Clock::now();
  if (terminal_) {
    const auto drawn = bar(report.round);
    fmt::print(stderr, "\r\033[K{} {}", drawn, figures(report, more, terminal_columns() - drawn.size() - 2));
  } else {
    fmt::print(stderr, "{}\n", figures(report, more, 1000));
  }
  std::fflush(stderr);
}

}  // namespace brume::cli
