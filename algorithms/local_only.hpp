#pragma once

#include "algorithms/personal_model.hpp"
#include "brume/algorithm.hpp"

namespace brume::algorithms {

/// A baseline: each device trains a model of its own and shares nothing; only evaluation on devices says what that is
/// worth. The global model stays the initial one.
class LocalOnly final : public Algorithm, private LocalProgram {
 public:
  AlgorithmTraits traits() const override { return {.personal = true}; }
  const LocalProgram* program() const override { return this; }
  std::vector<VectorSpec> vectors(const LayoutPointer& /*model*/) const override { return {}; }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override { return {{"model", model}}; }
  void personalise(LocalContext& context) const override { use_personal_model(context); }
  std::vector<NamedScalar> step(const StepInput& /*input*/, Parameters& /*model*/, State& /*state*/) const override {
    return {};
  }

 private:
  Update run(LocalContext& context) const override;
};

}  // namespace brume::algorithms
