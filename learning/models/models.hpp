#pragma once

#include "learning/models/norm.hpp"

namespace brume::learning {

/// Multinomial logistic regression over the flattened input.
class Logistic final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override;
};

/// Fully connected layers with ReLU between them, behind a normalisation if one is asked for.
class Mlp final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  std::int64_t hidden_layers_ = 2;
  std::int64_t hidden_width_ = 200;
  Norm norm_{"none"};
};

/// An autoencoder of fully connected layers around a narrow code, for reconstruction.
class Autoencoder final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  std::int64_t hidden_width_ = 32;
  std::int64_t code_width_ = 8;
};

}  // namespace brume::learning
