#include "brume/error.hpp"
#include "learning/models/image_models.hpp"

namespace brume::learning {

// A normalisation follows each convolution and has its bias.
Layer ResNet::block(const std::string& name, std::int64_t in, std::int64_t out) const {
  const std::int64_t stride = in == out ? 1 : 2;
  const bool bias = norm_.none();
  Residual residual;
  residual.body.push_back({"conv1", Conv2d{in, out, 3, 1, stride, 1, bias}});
  norm_.add(residual.body, "norm1", out);
  residual.body.push_back({"relu", Relu{}});
  residual.body.push_back({"conv2", Conv2d{out, out, 3, 1, 1, 1, bias}});
  norm_.add(residual.body, "norm2", out);
  if (in != out) residual.shortcut.push_back({"shortcut", Conv2d{in, out, 1, 0, stride, 1, bias}});
  if (in != out) norm_.add(residual.shortcut, "shortcut_norm", out);
  return {name, std::move(residual)};
}

std::vector<Layer> ResNet::layers(const DataShape& shape) const {
  const auto& input = shape.features;
  if (input.size() != 3 || input[1] < 4 || input[2] < 4)
    throw RequestError("model '" + std::string(name_) +
                       "' needs images (channels × height × width, from 4 on), the data have " + shape.text());
  std::vector<Layer> layers{{"conv", Conv2d{input[0], 16, 3, 1, 1, 1, norm_.none()}}};
  norm_.add(layers, "norm", 16);
  layers.push_back({"relu", Relu{}});
  std::int64_t channels = 16;
  for (int stage = 1; stage <= 3; ++stage)
    for (int number = 1; number <= blocks_; ++number) {
      const std::int64_t out = std::int64_t{8} << stage;
      const auto name = std::to_string(stage) + "_" + std::to_string(number);
      layers.push_back(block("block" + name, channels, out));
      layers.push_back({"relu" + name, Relu{}});
      channels = out;
    }
  layers.push_back({"pool", GlobalAveragePool{}});
  layers.push_back({"output", Linear{channels, shape.outputs()}});
  return layers;
}

}  // namespace brume::learning
