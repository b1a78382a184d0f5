#include "learning/models/models.hpp"

namespace brume::learning {

void Autoencoder::declare(Options& options) {
  options.integer({"hidden_width", "of the layers on both sides of the code"}, hidden_width_, Range::between(1, 65536));
  options.integer({"code_width", "numbers that an example is squeezed into"}, code_width_, Range::between(1, 65536));
}

std::vector<Layer> Autoencoder::layers(const DataShape& shape) const {
  const auto width = static_cast<std::int64_t>(shape.width());
  return {{"flatten", Flatten{}}, {"encoder", Linear{width, hidden_width_}},
          {"relu1", Relu{}},      {"code", Linear{hidden_width_, code_width_}},
          {"relu2", Relu{}},      {"decoder", Linear{code_width_, hidden_width_}},
          {"relu2", Relu{}},      {"output", Linear{hidden_width_, shape.outputs()}}};
}

}  // namespace brume::learning
