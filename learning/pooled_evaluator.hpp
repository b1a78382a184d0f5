#pragma once

#include <memory>

#include "brume/training.hpp"
#include "core/worker_pool.hpp"
#include "learning/device_training.hpp"
#include "learning/scores.hpp"

namespace brume::learning {

/// Evaluates in fixed slices of the test examples on the workers; the slices' scores are added in their order.
class PooledEvaluator final : public Evaluator {
 public:
  PooledEvaluator(const TrainingSetup& setup, std::shared_ptr<WorkerPool> pool, std::shared_ptr<Workbenches> benches);
  Metrics evaluate(const Parameters& model) override;
  std::vector<Metrics> evaluate_on_devices(const std::vector<TrainingJob>& jobs) override;

 private:
  void on_workers(std::size_t tasks, const std::function<void(std::size_t task, Workbench& bench)>& work) const;
  Scores score_rows(std::span<const float> model, const Examples& examples, std::size_t first, std::size_t count,
                    Network& network) const;
  Metrics evaluate_on_device(const TrainingJob& job, Workbench& bench) const;
  Scores no_scores() const { return {setup_.data->shape(), setup_.plan.loss}; }

  TrainingSetup setup_;
  std::shared_ptr<WorkerPool> pool_;
  std::shared_ptr<Workbenches> benches_;
};

}  // namespace brume::learning
