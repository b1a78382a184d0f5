#include <algorithm>

#include "brume/error.hpp"
#include "brume/local_program.hpp"

namespace brume {

std::uint64_t TrainingPlan::steps_for(std::uint64_t samples) const {
  if (samples == 0) return 0;
  if (steps > 0) return static_cast<std::uint64_t>(steps);
  const auto batch = static_cast<std::uint64_t>(batch_size);
  return static_cast<std::uint64_t>(epochs) * ((samples + batch - 1) / batch);
}

std::uint64_t TrainingPlan::examples_for(std::uint64_t samples) const {
  if (samples == 0) return 0;
  if (steps <= 0) return static_cast<std::uint64_t>(epochs) * samples;
  const auto batch = static_cast<std::uint64_t>(batch_size);
  const std::uint64_t per_epoch = (samples + batch - 1) / batch;
  const std::uint64_t whole = static_cast<std::uint64_t>(steps) / per_epoch;
  const std::uint64_t rest = static_cast<std::uint64_t>(steps) % per_epoch;
  return whole * samples + rest * std::min(batch, samples);
}

TrainingPlan TrainingPlan::of_task(std::uint64_t seed, const TaskId& task) const {
  TrainingPlan mine = *this;
  if (partial_work <= 0) return mine;
  Stream stream(seed, Purpose::partial_work, task);
  if (stream.uniform() >= partial_work) return mine;
  auto& all = steps > 0 ? mine.steps : mine.epochs;
  all = 1 + static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(all)));
  return mine;
}

double TrainingPlan::reach(std::uint64_t steps_made, Version version) const {
  const auto reach = optimizer->reach(steps_made);
  if (!reach) throw Error("the optimizer's steps are not in proportion to the gradient");
  return rate(version) * *reach;
}

}  // namespace brume
