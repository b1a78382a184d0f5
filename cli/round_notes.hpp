#pragma once

#include "messages/report.hpp"
#include "records/run_folder.hpp"

namespace brume::cli {

/// A round's line, `seconds` after the run began; bytes and joules are for those who count them.
records::RoundRow row_of(const RoundReport& round, double seconds);

/// What a run's summary takes from each round: how far it has come, its metrics, when it reached its target.
void note(const RoundReport& round, double seconds, records::Summary& summary);

/// "accuracy    0.8360, loss 0.4512": all metrics but those of single classes.
std::string describe(const Metrics& metrics);

}  // namespace brume::cli
