#include "learning/operators/recurrent.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

namespace brume::learning {

at::Tensor Recurrent::forward(const at::Tensor& input, Tensors tensors, const Pass& /*pass*/) {
  const std::int64_t batch = input.size(0);
  const std::int64_t steps = input.size(1);
  input_ = input.transpose(0, 1).contiguous();
  const auto from_input =
      at::addmm(tensors[2], input_.reshape({steps * batch, -1}), tensors[0].t()).view({steps, batch, gates_ * hidden_});
  states_ = at::empty({steps + 1, batch, hidden_}, input.options());
  states_[0].zero_();
  const auto hidden_weight = tensors[1].t();
  begin(steps, batch);
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto before = states_[t];
    states_[t + 1].copy_(step(t, from_input[t], at::addmm(tensors[3], before, hidden_weight), before));
  }
  return states_.narrow(0, 1, steps).transpose(0, 1).clone(at::MemoryFormat::Contiguous);
}

at::Tensor Recurrent::backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                               bool input_needed) {
  const std::int64_t steps = input_.size(0);
  const std::int64_t batch = input_.size(1);
  const std::int64_t width = gates_ * hidden_;
  auto at_input_part = at::empty({steps, batch, width}, output_gradient.options());
  auto at_hidden_part = at::empty({steps, batch, width}, output_gradient.options());
  auto gradient = at::zeros({batch, hidden_}, output_gradient.options());
  begin_backward();
  for (std::int64_t t = steps; t-- > 0;) {
    gradient += output_gradient.select(1, t);
    auto input_part = at_input_part[t];
    auto hidden_part = at_hidden_part[t];
    const auto past_gates = step_back(t, gradient, states_[t], input_part, hidden_part);
    gradient = at::mm(hidden_part, tensors[1]);
    if (past_gates.defined()) gradient += past_gates;
  }
  const auto input_rows = at_input_part.view({steps * batch, width});
  const auto hidden_rows = at_hidden_part.view({steps * batch, width});
  gradients[0].copy_(at::mm(input_rows.t(), input_.reshape({steps * batch, -1})));
  gradients[1].copy_(at::mm(hidden_rows.t(), states_.narrow(0, 0, steps).reshape({steps * batch, hidden_})));
  gradients[2].copy_(at::sum(input_rows, {0}));
  gradients[3].copy_(at::sum(hidden_rows, {0}));
  if (!input_needed) return {};
  return at::mm(input_rows, tensors[0]).view({steps, batch, -1}).transpose(0, 1).contiguous();
}

}  // namespace brume::learning
