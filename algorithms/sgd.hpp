#pragma once

#include <optional>

#include "brume/local_program.hpp"

namespace brume::algorithms {

/// Stochastic gradient descent: v ← m·v + (g + d·w), w ← w − η·v, with m the momentum and d the weight decay (Sutskever
/// et al. 2013 in the form that PyTorch uses); with Nesterov's momentum w ← w − η·(g + d·w + m·v). Before that, g is
/// scaled down to `clip_norm` if it is longer.
class Sgd final : public Optimizer {
 public:
  void declare(Options& options) override;
  void step(std::span<float> model, std::span<float> gradient, double rate, State& memory) const override;
  std::optional<double> reach(std::uint64_t steps) const override;
  double memory_per_parameter() const override { return momentum_ > 0 ? 1 : 0; }

 private:
  double learning_rate_ = 0.01;
  double momentum_ = 0;
  bool nesterov_ = false;
  double weight_decay_ = 0;
  std::optional<double> clip_norm_;
};

}  // namespace brume::algorithms
