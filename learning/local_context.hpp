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
class WorkbenchContext final : public JobContext {
 public:
  WorkbenchContext(const TrainingSetup& setup, const TrainingJob& job, State& state, Workbench& bench);

  std::size_t sample_count() const override { return bench_.device_examples.count; }
  std::span<float> model() override { return bench_.model; }
  double gradient(std::span<const float> at, Batch batch, std::span<float> out) override;
  double loss(std::span<const float> at, Batch batch) override;

 private:
  BatchView gather(Batch batch);

  Workbench& bench_;
};

}  // namespace brume::learning
