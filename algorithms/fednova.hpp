#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// FedNova (Wang et al. 2020, arXiv 2007.07481, §5): each device uploads dₖ = Δₖ / rₖ, where rₖ =
/// η·‖aₖ‖₁ is how far its optimiser goes along a constant gradient, and rₖ itself; w ← w + η_s·(Σ pₖrₖ)·Σ pₖdₖ with pₖ
/// = nₖ / Σ n. Devices that make more steps no longer pull the model towards themselves. With equal steps it is FedAvg.
class FedNova final : public FedAvg, private LocalProgram {
 public:
  const LocalProgram* program() const override { return this; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  std::vector<std::string> scalars() const override { return {"reach"}; }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
};

}  // namespace brume::algorithms
