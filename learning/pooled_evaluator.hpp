#pragma once

#include <memory>

#include "brume/training.hpp"
#include "core/worker_pool.hpp"
#include "learning/device_training.hpp"

namespace brume::learning {

/// Evaluates in fixed slices of the test examples on the workers; the slices' sums are added in their order.
class PooledEvaluator final : public Evaluator {
 public:
  PooledEvaluator(const TrainingSetup& setup, std::shared_ptr<WorkerPool> pool, std::shared_ptr<Workbenches> benches);
  Metrics evaluate(const Parameters& model) override;

 private:
  struct Slice {
    double loss = 0;
    std::vector<std::uint64_t> seen;     // by class
    std::vector<std::uint64_t> correct;  // by class
  };
  Slice evaluate_slice(const Parameters& model, std::uint64_t first, std::uint64_t count, Workbench& bench) const;
  Metrics total(const std::vector<Slice>& slices) const;

  std::shared_ptr<const FederatedData> data_;
  std::function<bool()> interrupted_;
  std::shared_ptr<WorkerPool> pool_;
  std::shared_ptr<Workbenches> benches_;
};

}  // namespace brume::learning
