#pragma once

#include <string>
#include <vector>

#include "records/run_folder.hpp"
#include "records/summary.hpp"

namespace brume::records {

/// A page that needs nothing else: figures, and curves of accuracy and loss over rounds, virtual time and bytes.
std::string report_html(const Summary& summary, const std::vector<RoundRow>& rows);

}  // namespace brume::records
