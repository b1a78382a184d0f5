#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// FedSGD (McMahan et al. 2017, §2): each device uploads −gₖ, the gradient of its mean loss over all of its examples at
/// the received model, as "delta"; w ← w − η·Σ nₖgₖ / Σ nₖ. Epochs, steps and the devices' optimiser play no part.
class FedSgd final : public FedAvg, private LocalProgram {
 public:
  FedSgd() : FedAvg(0.1) {}
  const LocalProgram* program() const override { return this; }
  std::uint64_t examples_for(const TrainingPlan& /*plan*/, std::uint64_t samples) const override { return samples; }

 private:
  Update run(LocalContext& context) const override;
};

}  // namespace brume::algorithms
