#include "learning/layered_network.hpp"

#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/InferenceMode.h>

#include "brume/error.hpp"
#include "learning/operators/sequence.hpp"
#include "learning/parameter_views.hpp"

namespace brume::learning {

struct LayeredNetwork::Implementation {
  Implementation(const std::vector<Layer>& layers, const DataShape& data_shape, const LayoutPointer& layout)
      : shape(data_shape), views(tensor_names(layers, data_shape), layout), sequence(layers) {}

  at::Tensor forward(Tensors parameters, const BatchView& batch, const Pass& pass, bool classifies) {
    std::vector<std::int64_t> sizes{batch.count};
    sizes.insert(sizes.end(), shape.features.begin(), shape.features.end());
    const auto input = at::from_blob(const_cast<float*>(batch.features), sizes, at::kFloat);
    const auto output = sequence.forward(input, parameters, pass);
    return classifies ? at::log_softmax(output, 1) : output.contiguous();
  }

  DataShape shape;
  ParameterViews views;
  Sequence sequence;
  at::Tensor kept;
};

namespace {

// The views' tensors are written through only where they are gradients, or buffers that are to move.
float* mutable_data(std::span<const float> values) { return const_cast<float*>(values.data()); }

std::span<float> elements(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

LayeredNetwork::LayeredNetwork(const std::vector<Layer>& layers, const DataShape& shape, const LayoutPointer& layout,
                               const LossFunction& loss)
    : Network(Objective(shape, loss)) {
  const c10::InferenceMode guard;
  implementation_ = std::make_unique<Implementation>(layers, shape, layout);
  if (implementation_->sequence.tensor_count() != tensor_names(layers, shape).size())
    throw Error("layers use another number of tensors than they describe");
}

LayeredNetwork::~LayeredNetwork() = default;

double LayeredNetwork::run(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient,
                           Stream random, bool moves_buffers) {
  const c10::InferenceMode guard;
  auto& network = *implementation_;
  const auto values = network.views.of_parameters(mutable_data(parameters));
  const auto gradients = network.views.of_gradient(gradient.data());
  const bool classifies = objective().classifies();
  const auto output = network.forward(values, batch, {true, moves_buffers, &random}, classifies);
  const auto at_output = classifies ? at::exp(output) : output.clone();
  objective().to_gradient(elements(at_output), batch);
  network.sequence.backward(at_output, values, gradients, false);
  return objective().mean_loss(elements(output), batch);
}

double LayeredNetwork::gradient(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient,
                                Stream random) {
  return run(parameters, batch, gradient, random, false);
}

double LayeredNetwork::training_gradient(std::span<float> parameters, const BatchView& batch, std::span<float> gradient,
                                         Stream random) {
  return run(parameters, batch, gradient, random, true);
}

std::span<const float> LayeredNetwork::outputs(std::span<const float> parameters, const BatchView& batch) {
  const c10::InferenceMode guard;
  auto& network = *implementation_;
  const auto values = network.views.of_parameters(mutable_data(parameters));
  network.kept = network.forward(values, batch, {}, objective().classifies());
  return elements(network.kept);
}

}  // namespace brume::learning
