#include "cli/timeline.hpp"

#include <fmt/format.h>

namespace brume::cli {

namespace {

constexpr std::string_view kLanes[] = {"", " down", " up"};

records::TraceFile::Track track_of(const sim::Span& span) {
  const bool fog = span.node.role == NodeId::Role::fog;
  const auto lane = static_cast<std::size_t>(span.lane);
  return {fog ? "fog nodes" : "devices", fog ? 2U : 3U,
          fmt::format("{} {}{}", fog ? "fog node" : "device", span.node.index, kLanes[lane]),
          span.node.index * std::size(kLanes) + lane};
}

}  // namespace

void Timeline::add(const RoundReport& round) {
  file_.span({"cloud", 1, "rounds", 0}, fmt::format("round {}", round.round), round.opened, round.closed,
             fmt::format(R"({{"cohort":{},"included":{},"late":{},"refused":{},"failed":{}}})", round.cohort,
                         round.included, round.late, round.refused, round.failed));
}

void Timeline::add(const sim::Span& span) {
  file_.span(
      track_of(span), span.name, span.start, span.end,
      fmt::format(R"({{"version":{},"attempt":{},"bytes":{}}})", span.task.version, span.task.attempt, span.bytes));
}

}  // namespace brume::cli
