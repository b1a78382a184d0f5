#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "brume/model.hpp"

namespace brume {

// Layers as plain data: what a model consists of, without LibTorch. The first dimension of what goes through them is
// the batch, N below. Names follow PyTorch's, and so do formulas, tensors' shapes and initial values unless said.

/// The same in both directions unless two are given.
struct Extent2d {
  constexpr Extent2d(std::int64_t both = 0) : height(both), width(both) {}  // NOLINT: a number is an extent
  constexpr Extent2d(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  std::int64_t height;
  std::int64_t width;
};

struct Linear {  // N×in → N×out
  std::int64_t in = 0;
  std::int64_t out = 0;
};
struct Conv2d {  // N×in×H×W → N×out×H'×W'
  std::int64_t in = 0;
  std::int64_t out = 0;
  Extent2d kernel{};
  Extent2d padding{};
  Extent2d stride{1};
  std::int64_t groups = 1;  ///< = in for a depthwise convolution
  bool bias = true;
};
struct Conv1d {  // N×in×L → N×out×L'
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 0;
  std::int64_t padding = 0;  ///< on both sides; before the first alone if it is causal
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  bool causal = false;  ///< an output sees no later input (Bai et al. 2018, arXiv 1803.01271, §3.1)
};
struct MaxPool2d {};          // 2×2, stride 2
struct GlobalAveragePool {};  // N×C×… → N×C
struct Relu {};
struct Flatten {};
struct SwapAxes {};  // N×A×B → N×B×A
struct Dropout {     // while training, elements are zero with this probability, the others 1 / (1 − rate) as large
  double rate = 0.5;
};
struct GroupNorm {  // N×channels×…; Wu and He 2018, arXiv 1803.08494
  std::int64_t channels = 0;
  std::int64_t groups = 0;
};
struct BatchNorm {  // N×channels×…; Ioffe and Szegedy 2015, arXiv 1502.03167; running statistics are buffers
  std::int64_t channels = 0;
};
struct Embedding {  // N×L numbers of symbols → N×L×width
  std::int64_t symbols = 0;
  std::int64_t width = 0;
};
struct Gru {  // N×L×in → N×L×hidden; Cho et al. 2014, arXiv 1406.1078
  std::int64_t in = 0;
  std::int64_t hidden = 0;
};
struct Lstm {  // N×L×in → N×L×hidden; Hochreiter and Schmidhuber 1997
  std::int64_t in = 0;
  std::int64_t hidden = 0;
};
struct LastStep {};  // N×L×C → N×C

struct Layer;

/// body(x) + shortcut(x); an empty shortcut is x itself. He et al. 2016, arXiv 1512.03385, eq. 1 and 2.
struct Residual {
  std::vector<Layer> body;
  std::vector<Layer> shortcut;
};

struct Layer {
  std::string name;  ///< prefix of its tensors, "conv1"
  std::variant<Linear, Conv2d, Conv1d, MaxPool2d, GlobalAveragePool, Relu, Flatten, SwapAxes, Dropout, GroupNorm,
               BatchNorm, Embedding, Gru, Lstm, LastStep, Residual>
      kind;
};

/// What a layer does to an example, as `brume model inspect` shows it.
struct LayerFacts {
  std::string name;  ///< with those it stands in, "block1.conv1"
  std::string kind;  ///< "Conv2d"
  std::vector<std::int64_t> output;
  std::uint64_t parameters = 0;  ///< buffers included
  double flops = 0;              ///< forward, for one example
};

/// A model that is a sequence of layers. Layout, counts and initial values follow from the sequence; only running it
/// needs LibTorch.
class LayeredModel : public Model {
 public:
  /// The layers for data of that shape. Throws RequestError when they do not fit together.
  virtual std::vector<Layer> layers(const DataShape& shape) const = 0;

  ModelFacts facts(const DataShape& shape) const final;
  Parameters initialise(const DataShape& shape, std::uint64_t seed) const final;
};

/// Each layer in turn, those inside others too. Throws RequestError as LayeredModel::facts() does.
std::vector<LayerFacts> describe(const std::vector<Layer>& layers, const DataShape& shape);

/// The names of the tensors that layers use, in the order in which the layers use them; a layer in a Residual comes in
/// its place, the shortcut after the body.
std::vector<std::string> tensor_names(const std::vector<Layer>& layers, const DataShape& shape);

}  // namespace brume
