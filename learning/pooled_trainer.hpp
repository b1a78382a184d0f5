#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "brume/training.hpp"
#include "core/worker_pool.hpp"
#include "learning/local_context.hpp"

namespace brume::learning {

using Workbenches = std::vector<std::unique_ptr<Workbench>>;

/// Trains and encodes on a pool of workers. A result depends on its job alone, never on the worker or the queue.
class PooledTrainer final : public Trainer {
 public:
  PooledTrainer(TrainingSetup setup, std::shared_ptr<WorkerPool> pool, std::shared_ptr<Workbenches> benches);

  void submit(TrainingJob job) override;
  TrainingResult take(const TaskId& task) override;
  void cancel(const TaskId& task) override;

 private:
  struct Slot {
    TrainingJob job;
    TrainingResult result;
    std::atomic<bool> cancelled{false};
    std::atomic<bool> done{false};
  };
  TrainingResult train(const TrainingJob& job, Workbench& bench) const;
  TrainingResult encode(const TrainingJob& job, Update update, State algorithm_state) const;

  TrainingSetup setup_;
  std::shared_ptr<WorkerPool> pool_;
  std::shared_ptr<Workbenches> benches_;
  std::unordered_map<TaskId, std::shared_ptr<Slot>> slots_;
};

}  // namespace brume::learning
