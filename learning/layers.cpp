#include "learning/layers.hpp"

#include <cmath>
#include <numeric>

#include "brume/error.hpp"
#include "brume/random.hpp"

namespace brume::learning {

namespace {

// Goes through the layers with the shape of one example as it changes, collecting tensors and operations.
class Walk {
 public:
  explicit Walk(const DataShape& shape) : shape_(shape.features) {}

  void visit(const Layer& layer) {
    name_ = layer.name;
    std::visit(*this, layer.kind);
    double outputs = 1;
    for (const auto size : shape_) outputs *= static_cast<double>(size);
    activations_ += outputs;
  }
  void operator()(const Linear& linear) {
    if (shape_.size() != 1 || shape_[0] != linear.in) mismatch(std::to_string(linear.in));
    add({linear.out, linear.in}, linear.out);
    flops_ += 2.0 * static_cast<double>(linear.in * linear.out);
    shape_ = {linear.out};
  }
  void operator()(const Conv2d& conv) {
    if (shape_.size() != 3 || shape_[0] != conv.in) mismatch(std::to_string(conv.in) + " channels");
    add({conv.out, conv.in, conv.kernel, conv.kernel}, conv.out);
    const std::int64_t shrink = conv.kernel - 1 - 2 * conv.padding;
    shape_ = {conv.out, shape_[1] - shrink, shape_[2] - shrink};
    const double outputs = static_cast<double>(conv.out * shape_[1] * shape_[2]);
    flops_ += 2.0 * outputs * static_cast<double>(conv.in * conv.kernel * conv.kernel);
  }
  void operator()(const MaxPool2d& /*pool*/) {
    if (shape_.size() != 3 || shape_[1] % 2 || shape_[2] % 2) mismatch("an even height and width");
    shape_ = {shape_[0], shape_[1] / 2, shape_[2] / 2};
  }
  void operator()(const Relu& /*relu*/) {}
  void operator()(const Flatten& /*flatten*/) {
    shape_ = {std::accumulate(shape_.begin(), shape_.end(), std::int64_t{1}, std::multiplies<>())};
  }

  ModelFacts facts() && { return {std::make_shared<const Layout>(std::move(tensors_)), flops_, activations_}; }

 private:
  void add(std::vector<std::int64_t> weight, std::int64_t bias) {
    tensors_.push_back({name_ + ".weight", std::move(weight), TensorRole::trainable});
    tensors_.push_back({name_ + ".bias", {bias}, TensorRole::trainable});
  }
  [[noreturn]] void mismatch(const std::string& needs) const {
    throw RequestError("layer '" + name_ + "' needs an input of " + needs + " but gets " + DataShape{shape_, 0}.text());
  }

  std::vector<std::int64_t> shape_;
  std::string name_;
  std::vector<TensorSpec> tensors_;
  double flops_ = 0;
  double activations_ = 0;
};

}  // namespace

ModelFacts LayeredModel::facts(const DataShape& shape) const {
  Walk walk(shape);
  for (const auto& layer : layers(shape)) walk.visit(layer);
  return std::move(walk).facts();
}

Parameters LayeredModel::initialise(const DataShape& shape, std::uint64_t seed) const {
  Parameters parameters(facts(shape).layout);
  const auto& tensors = parameters.layout().tensors();
  double bound = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& spec = tensors[i];
    // A bias follows its weight and takes the same bound.
    if (spec.shape.size() > 1)
      bound = 1.0 / std::sqrt(static_cast<double>(spec.size()) / static_cast<double>(spec.shape[0]));
    Stream stream(seed, Purpose::initialise, i);
    for (float& value : parameters.tensor(i)) value = static_cast<float>((2.0 * stream.uniform() - 1.0) * bound);
  }
  return parameters;
}

}  // namespace brume::learning
