#include "brume/error.hpp"
#include "learning/models/image_models.hpp"

namespace brume::learning {

void DsCnn::declare(Options& options) {
  options.integer({"channels", "of every convolution"}, channels_, Range::between(1, 4096));
  options.integer({"blocks", "of a depthwise and a pointwise convolution"}, blocks_, Range::between(0, 64));
  norm_.declare(options);
}

std::vector<Layer> DsCnn::layers(const DataShape& shape) const {
  const auto& input = shape.features;
  if (input.size() != 3 || input[1] < 4 || input[2] < 10)
    throw RequestError(
        "model 'ds_cnn' needs spectrograms (channels × at least 4 bands × at least 10 steps), the data have " +
        shape.text());
  std::vector<Layer> layers;
  const auto convolve = [&](const std::string& number, const Conv2d& conv) {
    layers.push_back({"conv" + number, conv});
    norm_.add(layers, "norm" + number, conv.out);
    layers.push_back({"relu" + number, Relu{}});
  };
  const bool bias = norm_.none();
  convolve("0", {input[0], channels_, {4, 10}, {1, 4}, 2, 1, bias});
  for (std::int64_t i = 1; i <= blocks_; ++i) {
    convolve(std::to_string(i) + "_depth", {channels_, channels_, 3, 1, 1, channels_, bias});
    convolve(std::to_string(i) + "_point", {channels_, channels_, 1, 0, 1, 1, bias});
  }
  layers.push_back({"pool", GlobalAveragePool{}});
  layers.push_back({"output", Linear{channels_, shape.outputs()}});
  return layers;
}

}  // namespace brume::learning
