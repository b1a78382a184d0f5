#include "core/local_training.hpp"

#include "brume/error.hpp"

namespace brume {

void run_local_program(const TrainingSetup& setup, const TrainingJob& job, LocalContext& context,
                       TrainingResult& result) {
  Update update = setup.program->run(context);
  result.weight = setup.algorithm->weight(update);
  result.loss = update.loss;
  result.samples = update.samples;
  result.scalars = std::move(update.scalars);
  for (std::size_t i = 0; i < update.vectors.size(); ++i) {
    const auto& vector = update.vectors[i];
    const auto key = job.task.version << 16 | (job.task.attempt & 0xFF) << 8 | i;
    const Stream stream(setup.seed, Purpose::uplink, job.task.device, key);
    const FrameContext frame_context{*job.model_digest, 0, vector.name};
    result.vectors.push_back(
        {vector.name, setup.uplink->encode(vector.values, *vector.layout, frame_context, stream, result.codec_state)});
  }
}

std::span<const float> find_broadcast(const TrainingJob& job, std::string_view name) {
  for (const auto& vector : *job.broadcast)
    if (vector.name == name) return vector.values;
  throw Error("the server broadcasts no vector '" + std::string(name) + "'");
}

}  // namespace brume
