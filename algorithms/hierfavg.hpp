#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// HierFAVG (Liu et al. 2020, arXiv 1905.06641, algorithm 1): a lowest fog node averages its devices' models κ₂ times,
/// each time after κ₁ local steps (training.steps), before the cloud averages the fog nodes' models by the examples
/// behind them. With κ₂ = 1 it is FedAvg.
class HierFavg final : public FedAvg {
 public:
  void declare(Options& options) override;
  std::uint64_t fog_rounds() const override { return static_cast<std::uint64_t>(fog_rounds_); }
  void fog_step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  std::int64_t fog_rounds_ = 2;
};

}  // namespace brume::algorithms
