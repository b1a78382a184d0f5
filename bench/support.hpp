#pragma once

#include <string>
#include <vector>

namespace brume::bench {

/// Wall seconds that a federation takes from YAML, after the first round: from the end of round 1 to the end of the
/// last.
double run_federation(const std::string& yaml, unsigned workers);

double median(std::vector<double> values);

}  // namespace brume::bench
