#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>

#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

struct Geometry {
  std::vector<std::int64_t> stride;
  std::vector<std::int64_t> padding;
  std::vector<std::int64_t> dilation;
  std::int64_t groups = 1;
  bool bias = true;
  std::int64_t left = 0;  // zeros before the first step alone
};

class ConvolutionOperator final : public Operator {
 public:
  explicit ConvolutionOperator(Geometry geometry)
      : geometry_(std::move(geometry)), no_output_padding_(geometry_.stride.size(), 0) {}

  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& /*pass*/) override {
    input_ = geometry_.left > 0 ? at::constant_pad_nd(input, {geometry_.left, 0}, 0) : input;
    return at::convolution(input_, tensors[0], geometry_.bias ? tensors[1] : at::Tensor(), geometry_.stride,
                           geometry_.padding, geometry_.dilation, false, no_output_padding_, geometry_.groups);
  }

  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                      bool input_needed) override {
    const std::int64_t bias_size = tensors[0].size(0);
    auto [input_gradient, weight, bias] = at::convolution_backward(
        output_gradient, input_, tensors[0], at::IntArrayRef(bias_size), geometry_.stride, geometry_.padding,
        geometry_.dilation, false, no_output_padding_, geometry_.groups, {input_needed, true, geometry_.bias});
    gradients[0].copy_(weight);
    if (geometry_.bias) gradients[1].copy_(bias);
    if (!input_needed || geometry_.left == 0) return input_gradient;
    return input_gradient.narrow(2, geometry_.left, input_gradient.size(2) - geometry_.left);
  }

 private:
  Geometry geometry_;
  std::vector<std::int64_t> no_output_padding_;
  at::Tensor input_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Conv2d& conv) {
  return std::make_unique<ConvolutionOperator>(Geometry{{conv.stride.height, conv.stride.width},
                                                        {conv.padding.height, conv.padding.width},
                                                        {1, 1},
                                                        conv.groups,
                                                        conv.bias});
}

std::unique_ptr<Operator> make_operator(const Conv1d& conv) {
  const std::int64_t left = conv.causal ? conv.dilation * (conv.kernel - 1) : 0;
  return std::make_unique<ConvolutionOperator>(
      Geometry{{conv.stride}, {conv.causal ? 0 : conv.padding}, {conv.dilation}, 1, true, left});
}

}  // namespace brume::learning
