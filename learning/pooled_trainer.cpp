#include "learning/pooled_trainer.hpp"

#include <cassert>

#include "brume/error.hpp"

namespace brume::learning {

PooledTrainer::PooledTrainer(TrainingSetup setup, std::shared_ptr<WorkerPool> pool,
                             std::shared_ptr<Workbenches> benches)
    : setup_(std::move(setup)), pool_(std::move(pool)), benches_(std::move(benches)) {}

void PooledTrainer::submit(TrainingJob job) {
  const auto [entry, added] = slots_.try_emplace(job.task);
  if (!added) return;
  auto slot = std::make_shared<Slot>();
  entry->second = slot;
  slot->job = std::move(job);
  pool_->post(slot->job.needed_by, [this, slot](unsigned worker) {
    if (!slot->cancelled) slot->result = train(slot->job, *(*benches_)[worker]);
    slot->done = true;
  });
}

TrainingResult PooledTrainer::take(const TaskId& task) {
  const auto found = slots_.find(task);
  assert(found != slots_.end());
  const auto slot = found->second;
  pool_->work_until([&] { return slot->done.load(); });
  slots_.erase(found);
  return std::move(slot->result);
}

void PooledTrainer::cancel(const TaskId& task) {
  const auto found = slots_.find(task);
  if (found == slots_.end()) return;
  found->second->cancelled = true;
  slots_.erase(found);
}

TrainingResult PooledTrainer::train(const TrainingJob& job, Workbench& bench) const {
  try {
    State algorithm_state = job.algorithm_state;
    WorkbenchContext context(setup_, job, algorithm_state, bench);
    return encode(job, setup_.program->run(context), std::move(algorithm_state));
  } catch (const std::exception& error) {  // whatever goes wrong on a device is that device's failure
    TrainingResult failed;
    failed.error = error.what();
    return failed;
  }
}

TrainingResult PooledTrainer::encode(const TrainingJob& job, Update update, State algorithm_state) const {
  TrainingResult result;
  result.weight = setup_.algorithm->weight(update);
  result.loss = update.loss;
  result.samples = update.samples;
  result.scalars = std::move(update.scalars);
  result.algorithm_state = std::move(algorithm_state);
  result.codec_state = job.codec_state;
  const FrameContext context{*job.model_digest, 0};
  for (std::size_t i = 0; i < update.vectors.size(); ++i) {
    const auto& vector = update.vectors[i];
    const auto key = job.task.version << 16 | (job.task.attempt & 0xFF) << 8 | i;
    const Stream stream(setup_.seed, Purpose::uplink, job.task.device, key);
    result.vectors.push_back(
        {vector.name, setup_.uplink->encode(vector.values, *vector.layout, context, stream, result.codec_state)});
  }
  return result;
}

}  // namespace brume::learning
