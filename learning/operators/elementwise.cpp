#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/threshold_backward.h>

#include <cmath>
#include <vector>

#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

class ReluOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& /*pass*/) override {
    output_ = input;
    output_.relu_();  // no layer before it needs its own output again
    return output_;
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    return at::threshold_backward(output_gradient, output_, 0);
  }

 private:
  at::Tensor output_;
};

// Which elements stay is drawn 16 bits at a time: the rate is met to 2⁻¹⁷.
class DropoutOperator final : public Operator {
 public:
  explicit DropoutOperator(const Dropout& dropout)
      : border_(static_cast<std::uint32_t>(std::lround(dropout.rate * 65536))),
        scale_(static_cast<float>(1.0 / (1.0 - dropout.rate))) {}

  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& pass) override {
    if (!pass.training) return input;
    draw(*pass.random, input);
    return input * mask_;
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    return output_gradient * mask_;
  }

 private:
  void draw(Stream& random, const at::Tensor& input) {
    mask_ = at::empty(input.sizes(), at::kFloat);
    const auto count = static_cast<std::size_t>(mask_.numel());
    words_.resize((count + 1) / 2);
    random.fill(words_);
    float* mask = mask_.data_ptr<float>();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t drawn = words_[i / 2] >> (i % 2 * 16) & 0xFFFF;
      mask[i] = drawn < border_ ? 0.0F : scale_;
    }
  }
  std::uint32_t border_;
  float scale_;
  at::Tensor mask_;
  std::vector<std::uint32_t> words_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Relu& /*relu*/) { return std::make_unique<ReluOperator>(); }
std::unique_ptr<Operator> make_operator(const Dropout& dropout) { return std::make_unique<DropoutOperator>(dropout); }

}  // namespace brume::learning
