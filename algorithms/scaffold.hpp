#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// SCAFFOLD (Karimireddy et al. 2020, arXiv 1910.06378, algorithm 1, option II): devices correct each gradient by c −
/// cᵢ, upload the changes of model and control variate, and keep cᵢ⁺ = cᵢ − c + (x − yᵢ) / (K·η); K·η is the reach of
/// the devices' optimiser. x ← x + η_g·mean(Δx), c ← c + |S|/N·mean(Δcᵢ). Devices count alike; c goes down with the
/// model. With zero controls it is FedAvg with equal weights.
class Scaffold final : public Algorithm, private LocalProgram, private LocalCorrection {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.needs_exact_sums = true}; }  // what it accumulates never fades
  const LocalProgram* program() const override { return this; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<VectorSpec> vectors(const LayoutPointer& model) const override;
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override;
  std::vector<VectorSpec> broadcast(const LayoutPointer& model) const override { return client_state(model); }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  std::vector<std::string> broadcast() const override;
  std::vector<std::string> state() const override;
  void correct(const Spans& spans) const override;

  double server_learning_rate_ = 1.0;
};

}  // namespace brume::algorithms
