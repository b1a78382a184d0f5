#pragma once

#include <filesystem>
#include <optional>

#include "cli/context.hpp"
#include "configs/document.hpp"
#include "records/summary.hpp"

namespace brume::cli {

struct SimulationRequest {
  unsigned workers = 1;
  std::filesystem::path folder;                  ///< of the results; empty for a fresh one under runs/
  bool resume = false;                           ///< goes on from the checkpoint in `folder`
  std::optional<std::filesystem::path> trace{};  ///< file for a time line
};

/// Runs one federation, shows its progress, writes a checkpoint now and then and when it is interrupted, and leaves a
/// run folder.
struct SimulationResult {
  records::Summary summary;
  std::filesystem::path folder;
};
SimulationResult simulate(configs::Document& document, Context& context, SimulationRequest request);

/// The summary as lines for a person.
std::string to_text(const SimulationResult& result);

}  // namespace brume::cli
