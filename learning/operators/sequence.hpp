#pragma once

#include <vector>

#include "learning/operators/operator.hpp"

namespace brume::learning {

/// Layers one after the other, which share their tensors' span: each takes its own from the front.
class Sequence final : public Operator {
 public:
  explicit Sequence(const std::vector<Layer>& layers);
  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& pass) override;
  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                      bool input_needed) override;
  std::size_t tensor_count() const { return tensor_count_; }

 private:
  struct Step {
    std::unique_ptr<Operator> layer;
    std::size_t first = 0;  // of its tensors
    std::size_t count = 0;
  };
  std::vector<Step> steps_;
  std::size_t tensor_count_ = 0;
  std::size_t first_with_parameters_ = 0;  // layers before it need no gradient
};

/// How many tensors a layer has, with those inside it.
std::size_t tensor_count(const Layer& layer);

}  // namespace brume::learning
