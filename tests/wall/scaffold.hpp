#pragma once

#include <algorithm>

#include "brume/algorithm.hpp"

namespace brume::wall {

/// SCAFFOLD (Karimireddy et al., ICML 2020, algorithm 1, option II): devices correct each gradient by c − cᵢ and upload
/// the changes of model and control variate; the server's c goes down with the model.
class Scaffold final : public Algorithm, private LocalProgram {
 public:
  explicit Scaffold(double learning_rate) : rate_(static_cast<float>(learning_rate)) {}

  const LocalProgram* program() const override { return this; }
  double weight(const Update& /*update*/) const override { return 1; }
  std::vector<VectorSpec> vectors(const LayoutPointer& model) const override {
    return {{std::string(kDelta), model}, {"control", model}};
  }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override { return {{"control", model}}; }
  std::vector<VectorSpec> broadcast(const LayoutPointer& model) const override { return {{"control", model}}; }

  // x ← x + mean(Δx), c ← c + |S|/N · mean(Δc)
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override {
    const auto& sums = input.sums();
    std::vector<float> mean(model.values().size());
    sums.mean(kDelta, mean);
    for (std::size_t i = 0; i < mean.size(); ++i) model.values()[i] += mean[i];
    sums.mean("control", mean);
    auto& control = state.vector("control", mean.size());
    const auto share =
        static_cast<float>(static_cast<double>(sums.contributions()) / static_cast<double>(input.devices));
    for (std::size_t i = 0; i < mean.size(); ++i) control[i] += share * mean[i];
    return {};
  }

 private:
  Update run(LocalContext& context) const override {
    const std::size_t size = context.layout()->size();
    auto& own = context.state().vector("control", size);
    const auto server = context.broadcast("control");
    std::vector<std::uint32_t> rows(context.sample_count());
    for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    FloatVector gradient(size);
    Update update;
    for (std::int64_t k = 0; k < context.plan().steps; ++k) {
      update.loss += context.gradient(context.model(), rows, gradient) / static_cast<double>(context.plan().steps);
      for (std::size_t i = 0; i < size; ++i) gradient[i] += server[i] - own[i];
      context.step(gradient);
    }
    FloatVector delta(size);
    FloatVector change(size);
    const float inverse = 1 / (rate_ * static_cast<float>(context.plan().steps));
    for (std::size_t i = 0; i < size; ++i) {
      delta[i] = context.model()[i] - context.base()[i];
      change[i] = -server[i] - inverse * delta[i];  // cᵢ⁺ − cᵢ = −c + (x − yᵢ) / (K η)
      own[i] += change[i];
    }
    update.samples = context.sample_count();
    update.vectors = {{std::string(kDelta), context.layout(), delta}, {"control", context.layout(), change}};
    return update;
  }

  float rate_;
};

}  // namespace brume::wall
