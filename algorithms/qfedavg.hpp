#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// q-FedAvg (Li et al. 2020, arXiv 1905.10497, algorithm 2): with Fₖ the loss of the received model on device k and
/// L = 1/η, devices upload fₖ·Δₖ and hₖ = q·fₖ/Fₖ·L·‖Δₖ‖² + fₖ, where fₖ = (Fₖ/F̄)^q; w ← w + Σ fₖΔₖ / Σ hₖ. That is the
/// paper's quotient divided by L and by F̄^q above and below, F̄ the mean loss of the round before, so that large q keep
/// in range. The larger q, the more alike the devices' losses become. Devices count alike; with q = 0 it is FedAvg with
/// equal weights.
class QFedAvg final : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<std::string> scalars() const override { return {"h", "loss"}; }
  std::vector<VectorSpec> broadcast(const LayoutPointer& model) const override;
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return plan.examples_for(samples) + (samples + 2) / 3;  // a forward pass is a third of a step
  }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  double q_ = 1.0;
};

}  // namespace brume::algorithms
