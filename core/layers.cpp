#include "brume/layers.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "brume/random.hpp"
#include "core/layer_walk.hpp"

namespace brume {

namespace {

LayerWalk walk(const std::vector<Layer>& layers, const DataShape& shape) {
  LayerWalk walk(shape);
  walk.visit(layers);
  walk.require_outputs(shape);
  return walk;
}

std::vector<LayerTensor> in_layout_order(std::vector<LayerTensor> tensors) {
  std::stable_partition(tensors.begin(), tensors.end(),
                        [](const LayerTensor& tensor) { return tensor.spec.role == TensorRole::trainable; });
  return tensors;
}

void fill(std::span<float> values, const InitialValues& initial, Stream stream) {
  for (float& value : values) switch (initial.kind) {
      case InitialValues::Kind::constant:
        value = static_cast<float>(initial.scale);
        break;
      case InitialValues::Kind::uniform:
        value = static_cast<float>((2.0 * stream.uniform() - 1.0) * initial.scale);
        break;
      case InitialValues::Kind::normal:
        value = static_cast<float>(stream.normal() * initial.scale);
        break;
    }
}

}  // namespace

ModelFacts LayeredModel::facts(const DataShape& shape) const {
  const auto walked = walk(layers(shape), shape);
  std::vector<TensorSpec> specs;
  for (auto& tensor : in_layout_order(walked.tensors())) specs.push_back(std::move(tensor.spec));
  return {std::make_shared<const Layout>(std::move(specs)), walked.flops(), walked.activations()};
}

Parameters LayeredModel::initialise(const DataShape& shape, std::uint64_t seed) const {
  Parameters parameters(facts(shape).layout);
  const auto tensors = in_layout_order(walk(layers(shape), shape).tensors());
  for (std::size_t i = 0; i < tensors.size(); ++i)
    fill(parameters.tensor(i), tensors[i].initial, Stream(seed, Purpose::initialise, i));
  return parameters;
}

std::vector<LayerFacts> describe(const std::vector<Layer>& layers, const DataShape& shape) {
  return walk(layers, shape).layers();
}

std::vector<std::string> tensor_names(const std::vector<Layer>& layers, const DataShape& shape) {
  std::vector<std::string> names;
  const auto walked = walk(layers, shape);
  for (const auto& tensor : walked.tensors()) names.push_back(tensor.spec.name);
  return names;
}

}  // namespace brume
