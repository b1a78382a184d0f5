#pragma once

#include "algorithms/count_sketch.hpp"
#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// FetchSGD (Rothchild et al. 2020, arXiv 2007.07682, algorithm 1) on the changes of devices' models: each device sends
/// a count sketch of its Δₖ, S the sketches' mean. The server has momentum and error in sketches: M ← ρM + S, E ← E +
/// ηM; Δ, the k elements of largest estimate in E, is added to the model and taken out of E, and M's cells that
/// hold them become zero. Devices keep nothing; sketches add at the fog nodes as they are. k has to be small beside the
/// columns: estimates of more would be noise, which the error would keep for ever.
class FetchSgd final : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  const LocalProgram* program() const override { return this; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  std::vector<VectorSpec> vectors(const LayoutPointer& model) const override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  std::size_t columns(const Layout& model) const;
  CountSketch sketch(const Layout& model) const;

  std::int64_t rows_ = 5;
  double size_ = 0.5;
  double fraction_ = 0.01;
  double momentum_ = 0.5;
  double server_learning_rate_ = 0.5;
};

}  // namespace brume::algorithms
