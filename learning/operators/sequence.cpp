#include "learning/operators/sequence.hpp"

#include <algorithm>

namespace brume::learning {

namespace {

std::size_t total(const std::vector<Layer>& layers) {
  std::size_t count = 0;
  for (const auto& layer : layers) count += tensor_count(layer);
  return count;
}

struct CountTensors {
  std::size_t operator()(const Linear& /*linear*/) const { return 2; }
  std::size_t operator()(const Conv2d& conv) const { return conv.bias ? 2 : 1; }
  std::size_t operator()(const Conv1d& /*conv*/) const { return 2; }
  std::size_t operator()(const GroupNorm& /*norm*/) const { return 2; }
  std::size_t operator()(const BatchNorm& /*norm*/) const { return 4; }
  std::size_t operator()(const Embedding& /*embedding*/) const { return 1; }
  std::size_t operator()(const Gru& /*gru*/) const { return 4; }
  std::size_t operator()(const Lstm& /*lstm*/) const { return 4; }
  std::size_t operator()(const Residual& residual) const { return total(residual.body) + total(residual.shortcut); }
  template <class WithoutParameters>
  std::size_t operator()(const WithoutParameters& /*layer*/) const {
    return 0;
  }
};

}  // namespace

std::size_t tensor_count(const Layer& layer) { return std::visit(CountTensors{}, layer.kind); }

Sequence::Sequence(const std::vector<Layer>& layers) {
  for (const auto& layer : layers) {
    auto made = std::visit([](const auto& kind) { return make_operator(kind); }, layer.kind);
    steps_.push_back({std::move(made), tensor_count_, learning::tensor_count(layer)});
    tensor_count_ += steps_.back().count;
  }
  const auto found = std::find_if(steps_.begin(), steps_.end(), [](const Step& step) { return step.count > 0; });
  first_with_parameters_ = static_cast<std::size_t>(found - steps_.begin());
}

at::Tensor Sequence::forward(const at::Tensor& input, Tensors tensors, const Pass& pass) {
  at::Tensor value = input;
  for (const auto& step : steps_) value = step.layer->forward(value, tensors.subspan(step.first, step.count), pass);
  return value;
}

at::Tensor Sequence::backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients,
                              bool input_needed) {
  at::Tensor gradient = output_gradient;
  const std::size_t last = input_needed ? 0 : first_with_parameters_;
  for (std::size_t i = steps_.size(); i-- > last;) {
    const auto& step = steps_[i];
    gradient = step.layer->backward(gradient, tensors.subspan(step.first, step.count),
                                    gradients.subspan(step.first, step.count), input_needed || i > last);
  }
  return gradient;
}

}  // namespace brume::learning
