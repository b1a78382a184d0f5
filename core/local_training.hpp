#pragma once

#include <functional>

#include "brume/training.hpp"

namespace brume {

/// Runs the federation's local program for one job in `context` and encodes what it uploads into `result`, whose states
/// are the job's, staged, and are what `context` hands to the program. Throws Error in the algorithm's name.
void run_local_program(const TrainingSetup& setup, const TrainingJob& job, LocalContext& context,
                       TrainingResult& result);

/// Does `work` for an algorithm; whatever it throws becomes an Error in the algorithm's name, but for Interrupted.
void name_failure(const Algorithm& algorithm, const std::function<void()>& work);

/// What LocalContext::broadcast() finds in a job. Throws Error for an unknown name.
std::span<const float> find_broadcast(const TrainingJob& job, std::string_view name);

}  // namespace brume
