#pragma once

#include "brume/training.hpp"
#include "core/local_training.hpp"
#include "learning/network.hpp"

namespace brume::learning {

/// What stays with a worker between tasks: its network and buffers, so that a task allocates little.
struct Workbench {
  Workbench(const std::vector<Layer>& layers, const DataShape& shape, const LayoutPointer& layout)
      : network(layers, shape, layout) {}
  Network network;
  Examples device_examples;
  FloatVector model;
  FloatVector batch_features;
  std::vector<std::int32_t> batch_labels;
};

/// A task on a workbench.
class WorkbenchContext final : public LocalContext {
 public:
  WorkbenchContext(const TrainingSetup& setup, const TrainingJob& job, State& state, Workbench& bench);

  const TaskId& task() const override { return job_.task; }
  const TrainingPlan& plan() const override { return setup_.plan; }
  std::size_t sample_count() const override { return bench_.device_examples.count; }
  const LayoutPointer& layout() const override { return job_.model->layout_pointer(); }
  std::span<const float> base() const override { return job_.model->values(); }
  std::span<float> model() override { return bench_.model; }
  double gradient(std::span<const float> at, Batch batch, std::span<float> out) override;
  double loss(std::span<const float> at, Batch batch) override;
  State& optimizer_memory() override { return optimizer_memory_; }
  std::span<const float> broadcast(std::string_view name) const override { return find_broadcast(job_, name); }
  State& state() override { return state_; }
  Stream stream(Purpose purpose) const override { return {setup_.seed, purpose, job_.task}; }

 private:
  BatchView gather(Batch batch);

  const TrainingSetup& setup_;
  const TrainingJob& job_;
  State& state_;
  Workbench& bench_;
  State optimizer_memory_;
};

}  // namespace brume::learning
