#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "brume/model.hpp"

namespace brume::learning {

// Layers as plain data: what a model consists of, without LibTorch. Batches are the first dimension, images N×C×H×W.
struct Linear {
  std::int64_t in = 0;
  std::int64_t out = 0;
};
struct Conv2d {  // stride 1, square kernel
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 0;
  std::int64_t padding = 0;
};
struct MaxPool2d {};  // 2×2, stride 2
struct Relu {};
struct Flatten {};

struct Layer {
  std::string name;  ///< prefix of its tensors, "conv1"
  std::variant<Linear, Conv2d, MaxPool2d, Relu, Flatten> kind;
};

/// A model that is a sequence of layers. Layout, counts and initial values follow from the sequence; only running it
/// needs LibTorch.
class LayeredModel : public Model {
 public:
  /// The layers for data of that shape. Throws RequestError when they do not fit together.
  virtual std::vector<Layer> layers(const DataShape& shape) const = 0;

  ModelFacts facts(const DataShape& shape) const final;
  /// Weights and biases uniform in ±1/√fan-in, as PyTorch initialises Linear and Conv2d.
  Parameters initialise(const DataShape& shape, std::uint64_t seed) const final;
};

}  // namespace brume::learning
