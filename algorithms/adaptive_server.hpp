#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// FedOpt with an adaptive server (Reddi et al. 2021, arXiv 2003.00295, algorithm 2): m ← β₁m + (1 − β₁)Δ,
/// w ← w + η·m / (√v + τ), without bias correction as in the paper; v starts at τ². Rules differ in how v grows.
class AdaptiveServer : public Algorithm {
 public:
  void declare(Options& options) override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 protected:
  explicit AdaptiveServer(double beta1) : beta1_(beta1) {}

 private:
  /// v by v and Δ, element by element.
  virtual void grow(std::span<float> second, std::span<const float> delta) const = 0;

  double server_learning_rate_ = 0.01;
  double beta1_;
  double tau_ = 1e-3;
};

}  // namespace brume::algorithms
