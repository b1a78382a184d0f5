#pragma once

#include "brume/algorithm.hpp"

namespace brume::wall {

/// HierFAVG (Liu et al., ICC 2020, algorithm 1): a fog node averages its devices' models and sends its own back down κ₂
/// times before the cloud averages the fog nodes' models by the examples behind them.
class HierFavg final : public Algorithm {
 public:
  explicit HierFavg(std::uint64_t kappa2) : kappa2_(kappa2) {}

  std::uint64_t fog_rounds() const override { return kappa2_; }

  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& /*state*/) const override {
    std::vector<float> mean(model.values().size());
    input.sums().mean(kDelta, mean);
    for (std::size_t i = 0; i < mean.size(); ++i) model.values()[i] += mean[i];
    return {};
  }

 private:
  std::uint64_t kappa2_;
};

}  // namespace brume::wall
