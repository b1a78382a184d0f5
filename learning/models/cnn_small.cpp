#include "brume/error.hpp"
#include "learning/models/image_models.hpp"

namespace brume::learning {

std::vector<Layer> CnnSmall::layers(const DataShape& shape) const {
  const auto& input = shape.features;
  if (input.size() != 3 || input[1] % 4 || input[2] % 4)
    throw RequestError(
        "model 'cnn_small' needs images (channels × height × width, both multiples of 4), the data have " +
        shape.text());
  // Pooling before the ReLU gives the same values as after it and touches a quarter of the elements.
  return {{"conv1", Conv2d{input[0], 16, 5, 2}},
          {"pool1", MaxPool2d{}},
          {"relu1", Relu{}},
          {"conv2", Conv2d{16, 32, 5, 2}},
          {"pool2", MaxPool2d{}},
          {"relu2", Relu{}},
          {"flatten", Flatten{}},
          {"output", Linear{32 * (input[1] / 4) * (input[2] / 4), shape.outputs()}}};
}

}  // namespace brume::learning
