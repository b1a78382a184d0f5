#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// Agnostic federated learning (Mohri et al. 2019, arXiv 1902.00146): the model is trained for the worst mixture
/// λ of the devices, by descent on the model and ascent on λ. The ascent is exponentiated: λᵢ ∝ exp(sᵢ), sᵢ ← sᵢ +
/// γ(Fᵢ(w) − F̄), so that each device keeps its own sᵢ and nobody a list of all; the paper projects onto the simplex
/// instead. F̄ is the mean loss of the round before, which comes down with the model and keeps s in range.
class Afl final : public FedAvg, private LocalProgram {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  double weight(const Update& update) const override;
  std::vector<std::string> scalars() const override { return {"loss", "log_weight"}; }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override;
  std::vector<VectorSpec> broadcast(const LayoutPointer& model) const override;
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return plan.examples_for(samples) + (samples + 2) / 3;  // a forward pass is a third of a step
  }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  double mixture_learning_rate_ = 0.1;
};

}  // namespace brume::algorithms
