#pragma once

#include <filesystem>
#include <optional>

#include "cli/context.hpp"
#include "configs/document.hpp"
#include "records/summary.hpp"

namespace brume::cli {

/// Runs one federation, shows its progress, and leaves a run folder. `out` is empty for a fresh folder under runs/.
struct SimulationResult {
  records::Summary summary;
  std::filesystem::path folder;
};
SimulationResult simulate(configs::Document& document, Context& context, unsigned workers, std::filesystem::path out);

/// The summary as lines for a person.
std::string to_text(const SimulationResult& result);

}  // namespace brume::cli
