#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>

#include "brume/training.hpp"
#include "core/worker_pool.hpp"

namespace brume {

/// A trainer that runs jobs on a pool of workers, the most urgent first. What a job becomes is `train`'s doing, which
/// must depend on the job alone; the worker is there for buffers to be reused.
class PooledTrainer final : public Trainer {
 public:
  using Train = std::function<TrainingResult(const TrainingJob& job, unsigned worker)>;

  /// `train` is called on any worker, by several at once; what it throws becomes the task's error.
  PooledTrainer(std::shared_ptr<WorkerPool> pool, Train train) : pool_(std::move(pool)), train_(std::move(train)) {}
  ~PooledTrainer() override { pool_->drain(); }  // running work refers to `train_`
  PooledTrainer(const PooledTrainer&) = delete;
  PooledTrainer& operator=(const PooledTrainer&) = delete;

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
  void run(Slot& slot, unsigned worker) const;

  std::shared_ptr<WorkerPool> pool_;
  Train train_;
  std::unordered_map<TaskId, std::shared_ptr<Slot>> slots_;
};

}  // namespace brume
