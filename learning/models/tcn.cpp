#include "brume/error.hpp"
#include "learning/models/sequence_models.hpp"

namespace brume::learning {

void Tcn::declare(Options& options) {
  options.integer({"channels", "of every block"}, channels_, Range::between(1, 4096));
  options.integer({"kernel", "steps that a convolution sees, before dilation"}, kernel_, Range::between(1, 1024));
  options.integer({"blocks", "each sees twice as far back as the one before"}, blocks_, Range::between(1, 16));
  options.number({"dropout", "share of a convolution's outputs that training leaves out"}, dropout_,
                 Range::between(0, 0.95));
}

std::vector<Layer> Tcn::layers(const DataShape& shape) const {
  if (shape.features.size() != 2)
    throw RequestError("model 'tcn' needs windows (channels × steps), the data have " + shape.text());
  std::vector<Layer> layers;
  std::int64_t in = shape.features[0];
  for (std::int64_t i = 0; i < blocks_; ++i) {
    Residual block;
    for (const auto* number : {"1", "2"}) {
      const bool first = number[0] == '1';
      block.body.push_back({std::string("conv") + number,
                            Conv1d{first ? in : channels_, channels_, kernel_, 0, 1, std::int64_t{1} << i, true}});
      block.body.push_back({std::string("relu") + number, Relu{}});
      if (dropout_ > 0) block.body.push_back({std::string("dropout") + number, Dropout{dropout_}});
    }
    if (in != channels_) block.shortcut.push_back({"shortcut", Conv1d{in, channels_, 1}});
    layers.push_back({"block" + std::to_string(i + 1), std::move(block)});
    layers.push_back({"relu" + std::to_string(i + 1), Relu{}});
    in = channels_;
  }
  layers.push_back({"time_first", SwapAxes{}});
  layers.push_back({"last", LastStep{}});
  layers.push_back({"output", Linear{channels_, shape.outputs()}});
  return layers;
}

}  // namespace brume::learning
