#include "core/pooled_trainer.hpp"

#include <cassert>

namespace brume {

void PooledTrainer::submit(TrainingJob job) {
  const auto [entry, added] = slots_.try_emplace(job.task);
  if (!added) return;
  auto slot = std::make_shared<Slot>();
  entry->second = slot;
  slot->job = std::move(job);
  pool_->post(slot->job.needed_by, [this, slot](unsigned worker) { run(*slot, worker); });
}

// Whatever goes wrong on a device is that device's failure.
void PooledTrainer::run(Slot& slot, unsigned worker) const {
  if (!slot.cancelled) {
    try {
      slot.result = train_(slot.job, worker);
    } catch (const std::exception& error) {
      slot.result = {};
      slot.result.error = error.what();
    }
  }
  slot.done = true;
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

}  // namespace brume
