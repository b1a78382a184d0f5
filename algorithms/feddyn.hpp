#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// FedDyn (Acar et al. 2021, arXiv 2111.04263, algorithm 1): a device minimises Lₖ(θ) − ⟨gₖ, θ⟩ + α/2·‖θ − θᵗ‖² and
/// keeps gₖ ← gₖ − α(θₖ − θᵗ); the server keeps h ← h − α/m·Σ(θₖ − θᵗ) over the round's devices of m, and sets θ to the
/// mean of θₖ − h/α. Devices count alike. With α = 0 it is FedAvg with equal weights.
class FedDyn final : public Algorithm, private LocalProgram, private LocalCorrection {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.needs_exact_sums = true}; }  // what it accumulates never fades
  const LocalProgram* program() const override { return this; }
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  std::vector<std::string> state() const override;
  void correct(const Spans& spans) const override;

  double alpha_ = 0.1;
};

}  // namespace brume::algorithms
