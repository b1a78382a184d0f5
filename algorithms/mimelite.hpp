#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// MimeLite with momentum (Karimireddy et al. 2021, arXiv 2008.03606, algorithm 1 with SGDm): devices step along
/// (1 − β)·g + β·m, with the server's momentum m held still, and upload the full gradient at the received model beside
/// their change; m ← (1 − β)·mean(∇fₖ(x)) + β·m, x ← mean(yₖ). With β = 0 it is FedAvg. Means are weighted by examples,
/// as FedAvg's.
class MimeLite final : public Algorithm, private LocalProgram, private LocalCorrection {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  std::vector<VectorSpec> vectors(const LayoutPointer& model) const override;
  std::vector<VectorSpec> broadcast(const LayoutPointer& model) const override;
  std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const override {
    return plan.examples_for(samples) + samples;
  }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  std::vector<std::string> broadcast() const override;
  void correct(const Spans& spans) const override;

  double momentum_ = 0.9;
};

}  // namespace brume::algorithms
