#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// signSGD with majority vote (Bernstein et al. 2019, arXiv 1810.05291, algorithm 1) on the changes of devices' models:
/// each device sends the signs of its Δₖ, w ← w + η · sgn(Σ sgn(Δₖ)). Devices have one vote each. With `uplink: [{sign:
/// {scale: one}}]` that is a bit an element, and fog nodes' exact sums are counts of votes.
class SignSgd final : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  AlgorithmTraits traits() const override { return {.votes = true}; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  double server_learning_rate_ = 0.001;
};

}  // namespace brume::algorithms
