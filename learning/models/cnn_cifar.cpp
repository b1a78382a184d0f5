#include "brume/error.hpp"
#include "learning/models/image_models.hpp"

namespace brume::learning {

void CnnCifar::declare(Options& options) {
  options.number({"dropout", "share of the convolutions' outputs that training leaves out"}, dropout_,
                 Range::between(0, 0.95));
  options.number({"dense_dropout", "the same of the wide linear layer's"}, dense_dropout_, Range::between(0, 0.95));
}

std::vector<Layer> CnnCifar::layers(const DataShape& shape) const {
  const auto& input = shape.features;
  if (input.size() != 3 || input[1] % 2 || input[2] % 2 || input[1] < 6 || input[2] < 6)
    throw RequestError(
        "model 'cnn_cifar' needs images (channels × height × width, both even from 6 on), the data have " +
        shape.text());
  std::vector<Layer> layers{{"conv1", Conv2d{input[0], 32, 3}},
                            {"relu1", Relu{}},
                            {"conv2", Conv2d{32, 64, 3}},
                            {"pool", MaxPool2d{}},  // before the ReLU: the same values, a quarter of the work
                            {"relu2", Relu{}}};
  if (dropout_ > 0) layers.push_back({"dropout1", Dropout{dropout_}});
  layers.push_back({"flatten", Flatten{}});
  layers.push_back({"dense", Linear{64 * (input[1] / 2 - 2) * (input[2] / 2 - 2), 128}});
  layers.push_back({"relu3", Relu{}});
  if (dense_dropout_ > 0) layers.push_back({"dropout2", Dropout{dense_dropout_}});
  layers.push_back({"output", Linear{128, shape.outputs()}});
  return layers;
}

}  // namespace brume::learning
