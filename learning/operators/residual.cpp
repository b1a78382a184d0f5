#include <ATen/TensorOperators.h>

#include "learning/operators/sequence.hpp"

namespace brume::learning {

namespace {

class ResidualOperator final : public Operator {
 public:
  explicit ResidualOperator(const Residual& residual) : body_(residual.body), shortcut_(residual.shortcut) {}

  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& pass) override {
    const auto sum = body_.forward(input, tensors.first(body_.tensor_count()), pass);
    return sum + shortcut_.forward(input, tensors.subspan(body_.tensor_count()), pass);
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                      bool input_needed) override {
    const std::size_t in_body = body_.tensor_count();
    auto through_body = body_.backward(output_gradient, tensors.first(in_body), gradients.first(in_body), input_needed);
    auto around =
        shortcut_.backward(output_gradient, tensors.subspan(in_body), gradients.subspan(in_body), input_needed);
    return input_needed ? through_body + around : at::Tensor();
  }

 private:
  Sequence body_;
  Sequence shortcut_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Residual& residual) {
  return std::make_unique<ResidualOperator>(residual);
}

}  // namespace brume::learning
