#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// FedAdam (Reddi et al. 2021, arXiv 2003.00295, algorithm 2): m ← β₁m + (1 − β₁)Δ, v ← β₂v + (1 − β₂)Δ²,
/// w ← w + η·m / (√v + τ), without bias correction as in the paper; v starts at τ².
class FedAdam final : public Algorithm {
 public:
  void declare(Options& options) override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  double server_learning_rate_ = 0.01;
  double beta1_ = 0.9;
  double beta2_ = 0.99;
  double tau_ = 1e-3;
};

}  // namespace brume::algorithms
