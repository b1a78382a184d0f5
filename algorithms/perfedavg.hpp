#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// Per-FedAvg (Fallah et al. 2020, arXiv 2002.07948, algorithm 1): the shared model is one from which a single step of
/// size α on a device's examples leads to a good model for that device. Each local step goes along (I − α∇²f(w))·∇f(w −
/// α∇f(w)), its two gradients from batches of their own; `hessian: none` leaves the second-order term out (FO),
/// `difference` takes it from a difference of gradients (HF).
class PerFedAvg final : public FedAvg, private LocalProgram {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.personal = true}; }
  const LocalProgram* program() const override { return this; }
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return (with_hessian() ? 4 : 2) * plan.examples_for(samples);
  }
  /// One step of size α along the gradient over all of the device's examples.
  void personalise(LocalContext& context) const override;

 private:
  bool with_hessian() const { return hessian_ == "difference"; }
  Update run(LocalContext& context) const override;

  double inner_learning_rate_ = 0.01;
  std::string hessian_ = "difference";
};

}  // namespace brume::algorithms
