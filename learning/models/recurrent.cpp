#include "brume/error.hpp"
#include "learning/models/sequence_models.hpp"

namespace brume::learning {

void RecurrentModel::declare(Options& options) {
  options.integer({"hidden_width", "numbers in the hidden state"}, hidden_width_, Range::between(1, 65536));
  options.integer({"hidden_layers", "one above the other"}, hidden_layers_, Range::between(1, 16));
  options.integer({"embedding_width", "numbers that a symbol becomes"}, embedding_width_, Range::between(1, 4096));
}

std::vector<Layer> RecurrentModel::layers(const DataShape& shape) const {
  std::vector<Layer> layers;
  std::int64_t in = embedding_width_;
  if (shape.symbols > 0 && shape.features.size() == 1) {
    layers.push_back({"embedding", Embedding{shape.symbols, embedding_width_}});
  } else if (shape.features.size() == 2) {
    layers.push_back({"time_first", SwapAxes{}});
    in = shape.features[0];
  } else {
    throw RequestError("model '" + std::string(name_) +
                       "' needs symbols in a row or windows (channels × steps), the data have " + shape.text());
  }
  for (std::int64_t i = 1; i <= hidden_layers_; ++i) {
    layers.push_back(recurrent(name_ + std::to_string(i), in, hidden_width_));
    in = hidden_width_;
  }
  layers.push_back({"last", LastStep{}});
  layers.push_back({"output", Linear{hidden_width_, shape.outputs()}});
  return layers;
}

}  // namespace brume::learning
