#include "learning/models/models.hpp"

namespace brume::learning {

void Mlp::declare(Options& options) {
  options.integer({"hidden_layers", "between input and output"}, hidden_layers_, Range::between(1, 64));
  options.integer({"hidden_width", "units of each hidden layer"}, hidden_width_, Range::between(1, 65536));
  norm_.declare(options);
}

std::vector<Layer> Mlp::layers(const DataShape& shape) const {
  std::vector<Layer> layers{{"flatten", Flatten{}}};
  auto width = static_cast<std::int64_t>(shape.width());
  for (std::int64_t i = 1; i <= hidden_layers_; ++i) {
    layers.push_back({"hidden" + std::to_string(i), Linear{width, hidden_width_}});
    norm_.add(layers, "norm" + std::to_string(i), hidden_width_);
    layers.push_back({"relu" + std::to_string(i), Relu{}});
    width = hidden_width_;
  }
  layers.push_back({"output", Linear{width, shape.outputs()}});
  return layers;
}

}  // namespace brume::learning
