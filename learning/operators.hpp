#pragma once

// The one header with LibTorch's types in it; only operators.cpp and network.cpp include it.
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "learning/layers.hpp"

namespace brume::learning {

/// Views of one layer's tensors in a flat vector; both undefined for layers without parameters.
struct LayerTensors {
  at::Tensor weight;
  at::Tensor bias;
};

/// One layer in operation. forward() may keep what backward() needs; backward() belongs to the last forward().
class Operator {
 public:
  virtual ~Operator() = default;
  virtual at::Tensor forward(const at::Tensor& input, const LayerTensors& tensors) = 0;
  /// Writes the parameters' gradients into `gradients` and returns the input's, undefined unless it is needed.
  virtual at::Tensor backward(const at::Tensor& output_gradient, const LayerTensors& tensors,
                              const LayerTensors& gradients, bool input_needed) = 0;
};

std::unique_ptr<Operator> make_operator(const Layer& layer);

}  // namespace brume::learning
