#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// FedExP (Jhunjhunwala et al. 2023, arXiv 2301.09604, algorithm 1): FedAvg whose server step follows from the updates,
/// η = max(1, Σ pₖ‖Δₖ‖² / (2(‖Σ pₖΔₖ‖² + ε))), the paper's 1/M as shares pₖ. Devices upload ‖Δₖ‖² beside Δₖ.
class FedExp final : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  std::vector<std::string> scalars() const override { return {"squared_norm"}; }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  double epsilon_ = 1e-3;
};

}  // namespace brume::algorithms
