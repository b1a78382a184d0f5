#include <ATen/ops/zeros.h>

#include <vector>

#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

class FlattenOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& /*pass*/) override {
    sizes_ = input.sizes().vec();
    return input.reshape({sizes_[0], -1});
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    return output_gradient.reshape(sizes_);
  }

 private:
  std::vector<std::int64_t> sizes_;
};

class SwapAxesOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& /*pass*/) override {
    return input.transpose(1, 2).contiguous();
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    return output_gradient.transpose(1, 2).contiguous();
  }
};

class LastStepOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& /*pass*/) override {
    sizes_ = input.sizes().vec();
    return input.select(1, sizes_[1] - 1).contiguous();
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    at::Tensor input_gradient = at::zeros(sizes_, output_gradient.options());
    input_gradient.select(1, sizes_[1] - 1).copy_(output_gradient);
    return input_gradient;
  }

 private:
  std::vector<std::int64_t> sizes_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Flatten& /*flatten*/) { return std::make_unique<FlattenOperator>(); }
std::unique_ptr<Operator> make_operator(const SwapAxes& /*swap*/) { return std::make_unique<SwapAxesOperator>(); }
std::unique_ptr<Operator> make_operator(const LastStep& /*last*/) { return std::make_unique<LastStepOperator>(); }

}  // namespace brume::learning
