#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <vector>

#include "learning/operators/max_pool.hpp"
#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

class MaxPool2dOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& /*pass*/) override {
    input_ = input.contiguous();
    const auto sizes = input_.sizes();
    at::Tensor output = at::empty({sizes[0], sizes[1], sizes[2] / 2, sizes[3] / 2}, input_.options());
    winners_.resize(static_cast<std::size_t>(output.numel()));
    max_pool_forward(input_.data_ptr<float>(), {sizes[0] * sizes[1], sizes[2], sizes[3]}, output.data_ptr<float>(),
                     winners_.data());
    return output;
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    at::Tensor input_gradient = at::empty(input_.sizes(), input_.options());
    const auto sizes = input_.sizes();
    const at::Tensor dense = output_gradient.contiguous();
    max_pool_backward(dense.data_ptr<float>(), winners_.data(), {sizes[0] * sizes[1], sizes[2], sizes[3]},
                      input_gradient.data_ptr<float>());
    return input_gradient;
  }

 private:
  at::Tensor input_;
  std::vector<std::uint8_t> winners_;
};

class GlobalAveragePoolOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors /*tensors*/, const Pass& /*pass*/) override {
    sizes_ = input.sizes().vec();
    return input.flatten(2).mean(2);
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors /*gradients*/,
                      bool /*input_needed*/) override {
    std::vector<std::int64_t> narrow(sizes_.size(), 1);
    narrow[0] = sizes_[0];
    narrow[1] = sizes_[1];
    double area = 1;
    for (std::size_t i = 2; i < sizes_.size(); ++i) area *= static_cast<double>(sizes_[i]);
    return (output_gradient / area).reshape(narrow).expand(sizes_).contiguous();
  }

 private:
  std::vector<std::int64_t> sizes_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const MaxPool2d& /*pool*/) { return std::make_unique<MaxPool2dOperator>(); }
std::unique_ptr<Operator> make_operator(const GlobalAveragePool& /*pool*/) {
  return std::make_unique<GlobalAveragePoolOperator>();
}

}  // namespace brume::learning
