#include "learning/operators.hpp"

#include <ATen/ops/addmm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/zeros_like.h>

#include "learning/max_pool.hpp"

namespace brume::learning {

namespace {

class LinearOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, const LayerTensors& tensors) override {
    input_ = input;
    return at::addmm(tensors.bias, input, tensors.weight.t());
  }
  at::Tensor backward(const at::Tensor& output_gradient, const LayerTensors& tensors, const LayerTensors& gradients,
                      bool input_needed) override {
    at::Tensor weight = gradients.weight;
    at::Tensor bias = gradients.bias;
    at::mm_out(weight, output_gradient.t(), input_);
    at::sum_out(bias, output_gradient, {0});
    return input_needed ? at::mm(output_gradient, tensors.weight) : at::Tensor();
  }

 private:
  at::Tensor input_;
};

class Conv2dOperator final : public Operator {
 public:
  explicit Conv2dOperator(const Conv2d& conv) : padding_{conv.padding, conv.padding} {}
  at::Tensor forward(const at::Tensor& input, const LayerTensors& tensors) override {
    input_ = input;
    return at::conv2d(input, tensors.weight, tensors.bias, kOnes, padding_);
  }
  at::Tensor backward(const at::Tensor& output_gradient, const LayerTensors& tensors, const LayerTensors& gradients,
                      bool input_needed) override {
    const std::int64_t bias_size = gradients.bias.numel();
    auto [input_gradient, weight, bias] =
        at::convolution_backward(output_gradient, input_, tensors.weight, at::IntArrayRef(bias_size), kOnes, padding_,
                                 kOnes, false, kZeros, 1, {input_needed, true, true});
    gradients.weight.copy_(weight);
    gradients.bias.copy_(bias);
    return input_gradient;
  }

 private:
  static constexpr std::int64_t kOnes[] = {1, 1};
  static constexpr std::int64_t kZeros[] = {0, 0};
  std::int64_t padding_[2];
  at::Tensor input_;
};

class MaxPool2dOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, const LayerTensors& /*tensors*/) override {
    input_ = input.contiguous();
    const auto sizes = input_.sizes();
    at::Tensor output = at::empty({sizes[0], sizes[1], sizes[2] / 2, sizes[3] / 2}, input_.options());
    winners_.resize(static_cast<std::size_t>(output.numel()));
    max_pool_forward(input_.data_ptr<float>(), {sizes[0] * sizes[1], sizes[2], sizes[3]}, output.data_ptr<float>(),
                     winners_.data());
    return output;
  }
  at::Tensor backward(const at::Tensor& output_gradient, const LayerTensors& /*tensors*/,
                      const LayerTensors& /*gradients*/, bool /*input_needed*/) override {
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

class ReluOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, const LayerTensors& /*tensors*/) override {
    output_ = input;
    output_.relu_();  // no layer before it needs its own output again
    return output_;
  }
  at::Tensor backward(const at::Tensor& output_gradient, const LayerTensors& /*tensors*/,
                      const LayerTensors& /*gradients*/, bool /*input_needed*/) override {
    return at::threshold_backward(output_gradient, output_, 0);
  }

 private:
  at::Tensor output_;
};

class FlattenOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, const LayerTensors& /*tensors*/) override {
    sizes_ = input.sizes().vec();
    return input.reshape({sizes_[0], -1});
  }
  at::Tensor backward(const at::Tensor& output_gradient, const LayerTensors& /*tensors*/,
                      const LayerTensors& /*gradients*/, bool /*input_needed*/) override {
    return output_gradient.reshape(sizes_);
  }

 private:
  std::vector<std::int64_t> sizes_;
};

struct MakeOperator {
  std::unique_ptr<Operator> operator()(const Linear& /*linear*/) const { return std::make_unique<LinearOperator>(); }
  std::unique_ptr<Operator> operator()(const Conv2d& conv) const { return std::make_unique<Conv2dOperator>(conv); }
  std::unique_ptr<Operator> operator()(const MaxPool2d& /*pool*/) const {
    return std::make_unique<MaxPool2dOperator>();
  }
  std::unique_ptr<Operator> operator()(const Relu& /*relu*/) const { return std::make_unique<ReluOperator>(); }
  std::unique_ptr<Operator> operator()(const Flatten& /*flatten*/) const { return std::make_unique<FlattenOperator>(); }
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Layer& layer) { return std::visit(MakeOperator{}, layer.kind); }

}  // namespace brume::learning
