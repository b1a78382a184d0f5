#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// Federated averaging (McMahan et al. 2017, algorithm 1): w ← w + η·Σ nₖΔₖ / Σ nₖ.
class FedAvg : public Algorithm {
 public:
  FedAvg() = default;
  void declare(Options& options) override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 protected:
  explicit FedAvg(double server_learning_rate) : server_learning_rate_(server_learning_rate) {}
  double server_learning_rate() const { return server_learning_rate_; }

 private:
  double server_learning_rate_ = 1.0;
};

}  // namespace brume::algorithms
