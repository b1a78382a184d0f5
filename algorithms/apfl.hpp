#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// APFL (Deng et al. 2020, arXiv 2003.13461, algorithm 1): beside FedAvg's w each device trains a model v of its own on
/// the gradient of the mixture v̄ = αv + (1 − α)w, which is the model that it uses. `adaptive` moves α itself along the
/// gradient, once a task (equation 10). With α = 0 what is used is FedAvg's model.
class Apfl final : public FedAvg, private LocalProgram {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.personal = true}; }
  const LocalProgram* program() const override { return this; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override;
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return 2 * plan.examples_for(samples);
  }
  void personalise(LocalContext& context) const override;

 private:
  Update run(LocalContext& context) const override;
  float& alpha_of(State& state) const;

  double alpha_ = 0.5;
  bool adaptive_ = false;
};

}  // namespace brume::algorithms
