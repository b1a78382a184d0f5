#pragma once

#include "algorithms/layer_split.hpp"
#include "brume/algorithm.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

/// Algorithms of which devices keep some layers to themselves, in their state, and average the others: FedPer and
/// FedRep. They differ in which layers stay and in how a device trains. A device's first local layers are the initial
/// model's.
class LocalLayers : public Algorithm, private LocalProgram {
 public:
  void declare(Options& options) override;
  AlgorithmTraits traits() const override { return {.personal = true}; }
  void check(const LayoutPointer& model, const TrainingPlan& plan) const override;
  const LocalProgram* program() const override { return this; }
  std::vector<VectorSpec> vectors(const LayoutPointer& model) const override;
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override;
  void personalise(LocalContext& context) const override;
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 protected:
  explicit LocalLayers(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  LayerSplit split(const LayoutPointer& model) const { return {model, patterns_}; }

 private:
  /// Trains context.model(), which has the device's own layers in it.
  virtual LocalRun train(LocalContext& context) const { return train_locally(context); }
  Update run(LocalContext& context) const override;

  std::vector<std::string> patterns_;
  double server_learning_rate_ = 1.0;
};

}  // namespace brume::algorithms
