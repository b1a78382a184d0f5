#include "learning/device_training.hpp"

#include "core/local_training.hpp"

namespace brume::learning {

TrainingResult train_device(const TrainingSetup& setup, const TrainingJob& job, Workbench& bench) {
  TrainingResult result;
  result.algorithm_state = job.algorithm_state;
  result.codec_state = job.codec_state;
  WorkbenchContext context(setup, job, result.algorithm_state, bench);
  run_local_program(setup, job, context, result);
  return result;
}

}  // namespace brume::learning
