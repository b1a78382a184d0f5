#include "cli/round_notes.hpp"

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
  if (!summary.target_accuracy || summary.target_round || round.metrics->accuracy < *summary.target_accuracy) return;
  summary.target_round = round.round;
  summary.target_virtual_seconds = seconds;
}

}  // namespace brume::cli
