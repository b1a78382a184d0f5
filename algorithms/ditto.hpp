#pragma once

#include "algorithms/fedavg.hpp"
#include "algorithms/personal_model.hpp"

namespace brume::algorithms {

/// Ditto (Li et al. 2021, arXiv 2012.04221, algorithm 1): FedAvg, and beside it each device trains a model of its own,
/// v, whose gradients gain λ(v − wᵗ). What is shared is FedAvg's, whatever λ.
class Ditto final : public FedAvg, private LocalProgram, private LocalCorrection {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.personal = true}; }
  const LocalProgram* program() const override { return this; }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override { return {{"model", model}}; }
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return 2 * plan.examples_for(samples);
  }
  void personalise(LocalContext& context) const override { use_personal_model(context); }

 private:
  Update run(LocalContext& context) const override;
  void correct(const Spans& spans) const override;
  double lambda_ = 0.1;
};

}  // namespace brume::algorithms
