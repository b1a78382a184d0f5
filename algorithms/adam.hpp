#pragma once

#include "brume/local_program.hpp"

namespace brume::algorithms {

/// Adam (Kingma and Ba 2015, algorithm 1): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η·m̂ / (√v̂ + ε) with the
/// moments corrected for their start from zero. The weight decay is added to the gradient.
class Adam : public Optimizer {
 public:
  Adam() = default;
  void declare(Options& options) override;
  void step(std::span<float> model, std::span<float> gradient, double rate, State& memory) const override;
  double memory_per_parameter() const override { return 2; }

 protected:
  explicit Adam(double weight_decay) : weight_decay_(weight_decay) {}

 private:
  /// Takes the decay in before the moments see the gradient.
  virtual void decay(std::span<float> model, std::span<float> gradient, float rate, float decay) const;

  double learning_rate_ = 1e-3;
  double beta1_ = 0.9;
  double beta2_ = 0.999;
  double epsilon_ = 1e-8;
  double weight_decay_ = 0;
};

}  // namespace brume::algorithms
