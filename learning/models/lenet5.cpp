#include "brume/error.hpp"
#include "learning/models/image_models.hpp"

namespace brume::learning {

std::vector<Layer> LeNet5::layers(const DataShape& shape) const {
  const auto& input = shape.features;
  if (input.size() != 3 || input[1] % 4 || input[2] % 4 || input[1] < 16 || input[2] < 16)
    throw RequestError(
        "model 'lenet5' needs images (channels × height × width, both multiples of 4 from 16 on), the data have " +
        shape.text());
  // It was made for 32×32: smaller images keep their size through the first convolution.
  const Extent2d padding{input[1] < 32 ? 2 : 0, input[2] < 32 ? 2 : 0};
  const auto rest = [](std::int64_t size, std::int64_t pad) { return ((size + 2 * pad - 4) / 2 - 4) / 2; };
  const std::int64_t area = rest(input[1], padding.height) * rest(input[2], padding.width);
  return {{"conv1", Conv2d{input[0], 6, 5, padding}},
          {"pool1", MaxPool2d{}},
          {"relu1", Relu{}},
          {"conv2", Conv2d{6, 16, 5}},
          {"pool2", MaxPool2d{}},
          {"relu2", Relu{}},
          {"flatten", Flatten{}},
          {"dense1", Linear{16 * area, 120}},
          {"relu3", Relu{}},
          {"dense2", Linear{120, 84}},
          {"relu4", Relu{}},
          {"output", Linear{84, shape.outputs()}}};
}

}  // namespace brume::learning
