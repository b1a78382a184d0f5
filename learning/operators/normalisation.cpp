#include <ATen/ops/clamp_min.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/native_group_norm.h>
#include <ATen/ops/native_group_norm_backward.h>

#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

constexpr double kEpsilon = 1e-5;
constexpr double kMomentum = 0.1;  // the weight of a batch in the running statistics

// Writes what a kernel's backward pass found for weight and bias, and passes on what it found for the input.
at::Tensor pass_on(const std::tuple<at::Tensor, at::Tensor, at::Tensor>& found, Tensors gradients) {
  gradients[0].copy_(std::get<1>(found));
  gradients[1].copy_(std::get<2>(found));
  return std::get<0>(found);
}

class GroupNormOperator final : public Operator {
 public:
  explicit GroupNormOperator(std::int64_t groups) : groups_(groups) {}
  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& /*pass*/) override {
    input_ = input.contiguous();
    auto [output, mean, deviation] = at::native_group_norm(input_, tensors[0], tensors[1], input_.size(0),
                                                           input_.size(1), area(), groups_, kEpsilon);
    mean_ = mean;
    inverse_deviation_ = deviation;
    return output;
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                      bool input_needed) override {
    return pass_on(
        at::native_group_norm_backward(output_gradient.contiguous(), input_, mean_, inverse_deviation_, tensors[0],
                                       input_.size(0), input_.size(1), area(), groups_, {input_needed, true, true}),
        gradients);
  }

 private:
  std::int64_t area() const { return input_.numel() / (input_.size(0) * input_.size(1)); }
  std::int64_t groups_;
  at::Tensor input_;
  at::Tensor mean_;
  at::Tensor inverse_deviation_;
};

class BatchNormOperator final : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& pass) override {
    input_ = input.contiguous();
    // In training the kernel moves the statistics that it is given, so it is given none unless they are to move.
    // A channel's only value has no variance to move them by.
    const bool moves = pass.training && pass.moves_buffers && input_.numel() > input_.size(1);
    const bool statistics = !pass.training || moves;
    // A variance that a lossy codec has rounded below zero is none.
    const auto variance = pass.training || !statistics ? tensors[3] : at::clamp_min(tensors[3], 0);
    auto [output, mean, deviation] =
        at::native_batch_norm(input_, tensors[0], tensors[1], statistics ? tensors[2] : at::Tensor(),
                              statistics ? variance : at::Tensor(), pass.training, kMomentum, kEpsilon);
    mean_ = mean;
    inverse_deviation_ = deviation;
    return output;
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                      bool input_needed) override {
    return pass_on(at::native_batch_norm_backward(output_gradient.contiguous(), input_, tensors[0], {}, {}, mean_,
                                                  inverse_deviation_, true, kEpsilon, {input_needed, true, true}),
                   gradients);
  }

 private:
  at::Tensor input_;
  at::Tensor mean_;
  at::Tensor inverse_deviation_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const GroupNorm& norm) {
  return std::make_unique<GroupNormOperator>(norm.groups);
}
std::unique_ptr<Operator> make_operator(const BatchNorm& /*norm*/) { return std::make_unique<BatchNormOperator>(); }

}  // namespace brume::learning
