#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>

#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

class LinearOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& /*pass*/) override {
    input_ = input;
    return at::addmm(tensors[1], input, tensors[0].t());
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                      bool input_needed) override {
    at::Tensor weight = gradients[0];
    at::Tensor bias = gradients[1];
    at::mm_out(weight, output_gradient.t(), input_);
    at::sum_out(bias, output_gradient, {0});
    return input_needed ? at::mm(output_gradient, tensors[0]) : at::Tensor();
  }

 private:
  at::Tensor input_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Linear& /*linear*/) { return std::make_unique<LinearOperator>(); }

}  // namespace brume::learning
