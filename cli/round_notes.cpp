#include "cli/round_notes.hpp"

#include <fmt/format.h>

#include <cmath>

namespace brume::cli {

records::RoundRow row_of(const RoundReport& round, double seconds) {
  records::RoundRow row;
  row.round = round.round;
  row.virtual_seconds = seconds;
  row.cohort = round.cohort;
  row.included = round.included;
  row.late = round.late;
  row.refused = round.refused;
  row.failed = round.failed;
  row.training_loss = round.training_loss;
  row.metrics = round.metrics;
  row.scalars = round.scalars;
  return row;
}

void note(const RoundReport& round, double seconds, records::Summary& summary) {
  summary.rounds = round.round;
  if (summary.first_problem.empty()) summary.first_problem = round.first_problem;
  if (!round.metrics) return;
  summary.metrics = round.metrics;
  if (!summary.target || summary.target_round || !summary.target->reached_by(*round.metrics)) return;
  summary.target_round = round.round;
  summary.target_virtual_seconds = seconds;
}

std::string describe(const Metrics& metrics) {
  std::string text;
  const auto add = [&](const std::string& name, double value) {
    text += text.empty() ? fmt::format("{:<11} {:.4f}", name, value) : fmt::format(", {} {:.4f}", name, value);
  };
  if (!std::isnan(metrics.accuracy)) add("accuracy", metrics.accuracy);
  for (const auto& other : metrics.others) add(other.name, other.value);
  add("loss", metrics.loss);
  return text;
}

}  // namespace brume::cli
