#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// FedAvg with server momentum (Hsu et al. 2019, arXiv 1909.06335, §4): v ← βv + Δ, w ← w + ηv. Keeps one vector.
class FedAvgM final : public Algorithm {
 public:
  void declare(Options& options) override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  double server_learning_rate_ = 1.0;
  double momentum_ = 0.9;
};

}  // namespace brume::algorithms
