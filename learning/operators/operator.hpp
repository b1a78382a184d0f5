#pragma once

// Of this room's headers only those in operators/ have LibTorch's types in them.
#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

#include "brume/layers.hpp"
#include "brume/random.hpp"

namespace brume::learning {

/// Views of a layer's tensors in a flat vector, in the order of tensor_names(). Buffers have no gradient: theirs are
/// undefined.
using Tensors = std::span<const at::Tensor>;

/// What a pass through the layers is for.
struct Pass {
  bool training = false;       ///< statistics of the batch, dropout; otherwise as the model is used
  bool moves_buffers = false;  ///< running statistics follow the batch's; only while training
  Stream* random = nullptr;    ///< of dropout; not null while training
};

/// One layer in operation. forward() may keep what backward() needs; backward() belongs to the last forward(), which
/// was one of training.
class Operator {
 public:
  virtual ~Operator() = default;
  virtual at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& pass) = 0;
  /// Writes the parameters' gradients into `gradients` and returns the input's, undefined unless it is needed.
  virtual at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                              bool input_needed) = 0;
};

std::unique_ptr<Operator> make_operator(const Linear& linear);
std::unique_ptr<Operator> make_operator(const Conv2d& conv);
std::unique_ptr<Operator> make_operator(const Conv1d& conv);
std::unique_ptr<Operator> make_operator(const MaxPool2d& pool);
std::unique_ptr<Operator> make_operator(const GlobalAveragePool& pool);
std::unique_ptr<Operator> make_operator(const Relu& relu);
std::unique_ptr<Operator> make_operator(const Flatten& flatten);
std::unique_ptr<Operator> make_operator(const SwapAxes& swap);
std::unique_ptr<Operator> make_operator(const Dropout& dropout);
std::unique_ptr<Operator> make_operator(const GroupNorm& norm);
std::unique_ptr<Operator> make_operator(const BatchNorm& norm);
std::unique_ptr<Operator> make_operator(const Embedding& embedding);
std::unique_ptr<Operator> make_operator(const Gru& gru);
std::unique_ptr<Operator> make_operator(const Lstm& lstm);
std::unique_ptr<Operator> make_operator(const LastStep& last);
std::unique_ptr<Operator> make_operator(const Residual& residual);

}  // namespace brume::learning
