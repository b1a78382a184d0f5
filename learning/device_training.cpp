#include "learning/device_training.hpp"

namespace brume::learning {

TrainingResult train_device(const TrainingSetup& setup, const TrainingJob& job, Workbench& bench) {
  TrainingResult result;
  result.algorithm_state = job.algorithm_state;
  result.codec_state = job.codec_state;
  WorkbenchContext context(setup, job, result.algorithm_state, bench);
  Update update = setup.program->run(context);
  result.weight = setup.algorithm->weight(update);
  result.loss = update.loss;
  result.samples = update.samples;
  result.scalars = std::move(update.scalars);
  const FrameContext frame_context{*job.model_digest, 0};
  for (std::size_t i = 0; i < update.vectors.size(); ++i) {
    const auto& vector = update.vectors[i];
    const auto key = job.task.version << 16 | (job.task.attempt & 0xFF) << 8 | i;
    const Stream stream(setup.seed, Purpose::uplink, job.task.device, key);
    result.vectors.push_back(
        {vector.name, setup.uplink->encode(vector.values, *vector.layout, frame_context, stream, result.codec_state)});
  }
  return result;
}

}  // namespace brume::learning
