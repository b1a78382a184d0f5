#pragma once

#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// MIFA (Gu et al. 2021, arXiv 2106.04159, algorithm 1 with the memory on the devices): the server steps along the
/// mean of every device's latest update, old or new. A device keeps its latest and uploads what has changed of it; the
/// server adds that, over all enrolled devices, to the mean that it keeps: w ← w + η·mean(Δ). Devices count alike; one
/// that has not yet taken part counts as zero.
class Mifa final : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.needs_exact_sums = true}; }  // what it accumulates never fades
  const LocalProgram* program() const override { return this; }
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override { return {{"latest", model}}; }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  double server_learning_rate_ = 1.0;
};

}  // namespace brume::algorithms
