#pragma once

#include "algorithms/local_layers.hpp"

namespace brume::algorithms {

/// FedRep (Collins et al. 2021, arXiv 2102.07078, algorithm 1): the head stays on the devices; a device first trains
/// its head on the received body for some epochs, then the body with its head held still, as the training section says.
class FedRep final : public LocalLayers {
 public:
  FedRep() : LocalLayers({"output.*"}) {}
  void declare(Options& options) override;
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return plan.examples_for(samples) + static_cast<std::uint64_t>(head_epochs_) * samples;
  }

 private:
  LocalRun train(LocalContext& context) const override;
  std::int64_t head_epochs_ = 1;
};

}  // namespace brume::algorithms
