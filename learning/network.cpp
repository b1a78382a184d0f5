#include "learning/network.hpp"

#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>

#include "learning/operators.hpp"

namespace brume::learning {

namespace {

// Tensors that look into flat vectors. The last few vectors' views are kept, since a program uses the same few again.
// The least recently used gives way, so what of() returned stays valid until three other vectors have been asked for.
class Views {
 public:
  Views(const std::vector<Layer>& layers, LayoutPointer layout) : layers_(layers.size()), layout_(std::move(layout)) {
    std::size_t tensor = 0;
    for (const auto& layer : layers) {
      const bool has_parameters =
          tensor < layout_->tensors().size() && layout_->tensors()[tensor].name == layer.name + ".weight";
      first_tensor_.push_back(has_parameters ? static_cast<std::ptrdiff_t>(tensor) : -1);
      if (has_parameters) tensor += 2;
    }
  }

  const std::vector<LayerTensors>& of(float* values) {
    ++uses_;
    for (auto& entry : kept_) {
      if (entry.values != values) continue;
      entry.last_used = uses_;
      return entry.tensors;
    }
    auto& entry = *std::min_element(kept_.begin(), kept_.end(),
                                    [](const Kept& a, const Kept& b) { return a.last_used < b.last_used; });
    entry.values = values;
    entry.last_used = uses_;
    entry.tensors.assign(layers_, {});
    for (std::size_t i = 0; i < layers_; ++i) {
      if (first_tensor_[i] < 0) continue;
      const auto tensor = static_cast<std::size_t>(first_tensor_[i]);
      entry.tensors[i] = {view(values, tensor), view(values, tensor + 1)};
    }
    return entry.tensors;
  }

 private:
  struct Kept {
    float* values = nullptr;
    std::uint64_t last_used = 0;
    std::vector<LayerTensors> tensors;
  };
  at::Tensor view(float* values, std::size_t tensor) const {
    return at::from_blob(values + layout_->offset(tensor), layout_->tensors()[tensor].shape, at::kFloat);
  }

  std::size_t layers_;
  LayoutPointer layout_;
  std::vector<std::ptrdiff_t> first_tensor_;  // of each layer, −1 if it has none
  std::array<Kept, 4> kept_;
  std::uint64_t uses_ = 0;
};

}  // namespace

struct Network::Implementation {
  Implementation(const std::vector<Layer>& layers, const DataShape& data_shape, const LayoutPointer& layout)
      : shape(data_shape), views(layers, layout) {
    for (const auto& layer : layers) operators.push_back(make_operator(layer));
    const auto has_parameters = [](const Layer& layer) {
      return std::holds_alternative<Linear>(layer.kind) || std::holds_alternative<Conv2d>(layer.kind);
    };
    first_with_parameters =
        static_cast<std::size_t>(std::find_if(layers.begin(), layers.end(), has_parameters) - layers.begin());
  }

  at::Tensor forward(const std::vector<LayerTensors>& parameters, const BatchView& batch) {
    std::vector<std::int64_t> sizes{batch.count};
    sizes.insert(sizes.end(), shape.features.begin(), shape.features.end());
    at::Tensor value = at::from_blob(const_cast<float*>(batch.features), sizes, at::kFloat);
    for (std::size_t i = 0; i < operators.size(); ++i) value = operators[i]->forward(value, parameters[i]);
    return at::log_softmax(value, 1);
  }

  double mean_loss(const at::Tensor& log_probabilities_of_batch, const BatchView& batch) const {
    const float* rows = log_probabilities_of_batch.data_ptr<float>();
    double sum = 0;
    for (std::int64_t i = 0; i < batch.count; ++i) sum -= rows[i * shape.classes + batch.labels[i]];
    return sum / static_cast<double>(batch.count);
  }

  // d(mean cross-entropy)/d(logits) = (softmax − one-hot) / count
  at::Tensor loss_gradient(const at::Tensor& log_probabilities_of_batch, const BatchView& batch) const {
    at::Tensor gradient = at::exp(log_probabilities_of_batch);
    float* rows = gradient.data_ptr<float>();
    for (std::int64_t i = 0; i < batch.count; ++i) rows[i * shape.classes + batch.labels[i]] -= 1.0F;
    const float share = 1.0F / static_cast<float>(batch.count);
    for (std::int64_t i = 0; i < batch.count * shape.classes; ++i) rows[i] *= share;
    return gradient;
  }

  void backward(at::Tensor gradient, const std::vector<LayerTensors>& parameters,
                const std::vector<LayerTensors>& gradients) {
    for (std::size_t i = operators.size(); i-- > first_with_parameters;)
      gradient = operators[i]->backward(gradient, parameters[i], gradients[i], i > first_with_parameters);
  }

  DataShape shape;
  Views views;
  std::vector<std::unique_ptr<Operator>> operators;
  std::size_t first_with_parameters = 0;  // layers before it need no gradient
  at::Tensor kept;
};

namespace {

// The views' tensors are written through only where they are gradients.
float* mutable_data(std::span<const float> values) { return const_cast<float*>(values.data()); }

}  // namespace

Network::Network(const std::vector<Layer>& layers, const DataShape& shape, const LayoutPointer& layout) {
  const c10::InferenceMode guard;
  implementation_ = std::make_unique<Implementation>(layers, shape, layout);
}

Network::~Network() = default;

double Network::gradient(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient) {
  const c10::InferenceMode guard;
  auto& network = *implementation_;
  const auto& values = network.views.of(mutable_data(parameters));
  const auto& gradients = network.views.of(gradient.data());
  const at::Tensor output = network.forward(values, batch);
  network.backward(network.loss_gradient(output, batch), values, gradients);
  return network.mean_loss(output, batch);
}

double Network::loss(std::span<const float> parameters, const BatchView& batch) {
  const c10::InferenceMode guard;
  auto& network = *implementation_;
  return network.mean_loss(network.forward(network.views.of(mutable_data(parameters)), batch), batch);
}

std::span<const float> Network::log_probabilities(std::span<const float> parameters, const BatchView& batch) {
  const c10::InferenceMode guard;
  auto& network = *implementation_;
  network.kept = network.forward(network.views.of(mutable_data(parameters)), batch);
  return {network.kept.data_ptr<float>(), static_cast<std::size_t>(network.kept.numel())};
}

}  // namespace brume::learning
