#include "brume/error.hpp"
#include "learning/models/sequence_models.hpp"

namespace brume::learning {

void Cnn1d::declare(Options& options) {
  options.integer({"channels", "of the first convolution; the second has twice as many"}, channels_,
                  Range::between(1, 4096));
  options.integer({"kernel", "steps that a convolution sees"}, kernel_, Range::between(1, 1024));
}

std::vector<Layer> Cnn1d::layers(const DataShape& shape) const {
  if (shape.features.size() != 2)
    throw RequestError("model 'cnn1d' needs windows (channels × steps), the data have " + shape.text());
  const std::int64_t padding = kernel_ / 2;
  return {{"conv1", Conv1d{shape.features[0], channels_, kernel_, padding, 2}},
          {"relu1", Relu{}},
          {"conv2", Conv1d{channels_, 2 * channels_, kernel_, padding, 2}},
          {"relu2", Relu{}},
          {"pool", GlobalAveragePool{}},
          {"output", Linear{2 * channels_, shape.outputs()}}};
}

}  // namespace brume::learning
