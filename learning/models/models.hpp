#pragma once

#include "learning/layers.hpp"

namespace brume::learning {

/// Multinomial logistic regression over the flattened input.
class Logistic final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override;
};

/// Fully connected layers with ReLU between them.
class Mlp final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  std::int64_t hidden_layers_ = 2;
  std::int64_t hidden_width_ = 200;
};

/// Two 5×5 convolutions with 16 and 32 channels, each pooled 2×2, and a linear layer: 28,938 parameters for 1×28×28 and
/// 10 classes.
class CnnSmall final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override;
};

}  // namespace brume::learning
