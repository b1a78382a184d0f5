#pragma once

#include <memory>
#include <vector>

#include "brume/training.hpp"
#include "learning/local_context.hpp"

namespace brume::learning {

using Workbenches = std::vector<std::unique_ptr<Workbench>>;

/// Runs the federation's local program for one job on a workbench and encodes what it uploads. Throws what the program
/// throws.
TrainingResult train_device(const TrainingSetup& setup, const TrainingJob& job, Workbench& bench);

}  // namespace brume::learning
