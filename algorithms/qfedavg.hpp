#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// q-FedAvg (Li et al. 2020, arXiv 1905.10497, algorithm 2): with Fₖ the loss of the received model on device k and
/// Δwₖ = L·(w − w̄ₖ), L = 1/η, devices upload Fₖ^q·Δwₖ and hₖ = q·Fₖ^(q−1)·‖Δwₖ‖² + L·Fₖ^q; w ← w − Σ Fₖ^qΔwₖ / Σ hₖ.
/// The larger q, the more alike the devices' losses become. Devices count alike; with q = 0 it is FedAvg with equal
/// weights.
class QFedAvg final : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<std::string> scalars() const override { return {"h"}; }
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return plan.examples_for(samples) + (samples + 2) / 3;  // a forward pass is a third of a step
  }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  double q_ = 1.0;
};

}  // namespace brume::algorithms
