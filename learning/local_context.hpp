#pragma once

#include "brume/training.hpp"
#include "core/local_training.hpp"
#include "learning/network.hpp"

namespace brume::learning {

/// What stays with a worker between tasks: its network and buffers, so that a task allocates little.
struct Workbench {
  explicit Workbench(std::unique_ptr<Network> runs) : network(std::move(runs)) {}
  std::unique_ptr<Network> network;
  Examples device_examples;
  FloatVector model;
  FloatVector batch_features;
  std::vector<std::int32_t> batch_labels;
  FloatVector batch_targets;
};

/// A task on a workbench.
class WorkbenchContext final : public JobContext {
 public:
  WorkbenchContext(const TrainingSetup& setup, const TrainingJob& job, State& state, Workbench& bench);

  std::size_t sample_count() const override { return bench_.device_examples.count; }
  std::span<float> model() override { return bench_.model; }
  double gradient(std::span<const float> at, Batch batch, std::span<float> out) override;
  double training_gradient(std::span<float> trained, Batch batch, std::span<float> out) override;
  double loss(std::span<const float> at, Batch batch) override;

 private:
  BatchView gather(Batch batch);
  Stream next_random();

  Workbench& bench_;
  std::uint64_t gradients_ = 0;  // computed so far
};

}  // namespace brume::learning
