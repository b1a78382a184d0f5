#include "core/layer_walk.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "brume/error.hpp"

namespace brume {

namespace {

double elements(const std::vector<std::int64_t>& shape) {
  double product = 1;
  for (const auto extent : shape) product *= static_cast<double>(extent);
  return product;
}

std::string text(const std::vector<std::int64_t>& shape) { return DataShape{shape}.text(); }

std::int64_t convolved(std::int64_t size, std::int64_t kernel, std::int64_t padding, std::int64_t stride) {
  return (size + padding - kernel) / stride + 1;
}

// As PyTorch's Linear and convolutions begin: weight and bias uniform in ±1/√fan-in.
InitialValues by_fan_in(std::int64_t fan_in) {
  return {InitialValues::Kind::uniform, 1.0 / std::sqrt(static_cast<double>(fan_in))};
}

constexpr InitialValues kZeros{InitialValues::Kind::constant, 0};
constexpr InitialValues kOnes{InitialValues::Kind::constant, 1};

}  // namespace

void LayerWalk::visit(const std::vector<Layer>& layers) {
  for (const auto& layer : layers) visit(layer);
}

void LayerWalk::visit(const Layer& layer) {
  const std::string outer = name_;
  name_ = outer.empty() ? layer.name : outer + "." + layer.name;
  const std::size_t at = layers_.size();
  const std::size_t tensors = tensors_.size();
  const double flops = flops_;
  layers_.push_back({name_, "", {}, 0, 0});
  std::visit(*this, layer.kind);
  layers_[at].kind = kind_;
  layers_[at].output = shape_;
  const bool holds_others = layers_.size() > at + 1;
  if (!holds_others) {
    for (std::size_t i = tensors; i < tensors_.size(); ++i) layers_[at].parameters += tensors_[i].spec.size();
    layers_[at].flops = flops_ - flops;
  }
  activations_ += elements(shape_);
  name_ = outer;
}

void LayerWalk::require_outputs(const DataShape& shape) const {
  if (shape_ == std::vector<std::int64_t>{shape.outputs()}) return;
  throw RequestError("the model puts out " + text(shape_) + " numbers for an example, the data need " +
                     std::to_string(shape.outputs()));
}

void LayerWalk::require(bool fits, const std::string& needs) const {
  if (!fits) throw RequestError("layer '" + name_ + "' needs an input of " + needs + " but gets " + text(shape_));
}

void LayerWalk::require_layer(bool valid, const char* rule) const {
  if (!valid) throw RequestError("layer '" + name_ + "': " + rule);
}

void LayerWalk::add(const char* tensor, std::vector<std::int64_t> shape, const InitialValues& initial,
                    TensorRole role) {
  tensors_.push_back({{name_ + "." + tensor, std::move(shape), role}, initial});
}

void LayerWalk::operator()(const Linear& linear) {
  kind_ = "Linear";
  require(shape_ == std::vector<std::int64_t>{linear.in}, std::to_string(linear.in));
  add("weight", {linear.out, linear.in}, by_fan_in(linear.in));
  add("bias", {linear.out}, by_fan_in(linear.in));
  flops_ += 2.0 * static_cast<double>(linear.in * linear.out);
  shape_ = {linear.out};
  may_overwrite_ = true;
}

void LayerWalk::operator()(const Conv2d& conv) {
  kind_ = "Conv2d";
  require(shape_.size() == 3 && shape_[0] == conv.in, std::to_string(conv.in) + " channels × height × width");
  require(shape_[1] + 2 * conv.padding.height >= conv.kernel.height &&
              shape_[2] + 2 * conv.padding.width >= conv.kernel.width,
          "at least its kernel's size");
  require_layer(conv.out > 0 && conv.groups > 0 && conv.in % conv.groups == 0 && conv.out % conv.groups == 0,
                "its channels must be multiples of its groups");
  require_layer(std::min({conv.kernel.height, conv.kernel.width, conv.stride.height, conv.stride.width}) > 0 &&
                    std::min(conv.padding.height, conv.padding.width) >= 0,
                "kernel and stride must be at least 1, padding at least 0");
  const std::int64_t inputs = conv.in / conv.groups;
  const std::int64_t fan_in = inputs * conv.kernel.height * conv.kernel.width;
  add("weight", {conv.out, inputs, conv.kernel.height, conv.kernel.width}, by_fan_in(fan_in));
  if (conv.bias) add("bias", {conv.out}, by_fan_in(fan_in));
  shape_ = {conv.out, convolved(shape_[1], conv.kernel.height, 2 * conv.padding.height, conv.stride.height),
            convolved(shape_[2], conv.kernel.width, 2 * conv.padding.width, conv.stride.width)};
  flops_ += 2.0 * elements(shape_) * static_cast<double>(fan_in);
  may_overwrite_ = true;
}

void LayerWalk::operator()(const Conv1d& conv) {
  kind_ = "Conv1d";
  require(shape_.size() == 2 && shape_[0] == conv.in, std::to_string(conv.in) + " channels × length");
  require_layer(std::min({conv.out, conv.kernel, conv.stride, conv.dilation}) > 0 && conv.padding >= 0,
                "channels, kernel, stride and dilation must be at least 1, padding at least 0");
  const std::int64_t reach = conv.dilation * (conv.kernel - 1) + 1;
  const std::int64_t padding = conv.causal ? reach - 1 : 2 * conv.padding;
  require(shape_[1] + padding >= reach, "at least its kernel's reach");
  add("weight", {conv.out, conv.in, conv.kernel}, by_fan_in(conv.in * conv.kernel));
  add("bias", {conv.out}, by_fan_in(conv.in * conv.kernel));
  shape_ = {conv.out, convolved(shape_[1], reach, padding, conv.stride)};
  flops_ += 2.0 * elements(shape_) * static_cast<double>(conv.in * conv.kernel);
  may_overwrite_ = true;
}

void LayerWalk::operator()(const MaxPool2d& /*pool*/) {
  kind_ = "MaxPool2d";
  require(shape_.size() == 3 && shape_[1] % 2 == 0 && shape_[2] % 2 == 0, "channels × an even height × an even width");
  shape_ = {shape_[0], shape_[1] / 2, shape_[2] / 2};
  may_overwrite_ = true;
}

void LayerWalk::operator()(const GlobalAveragePool& /*pool*/) {
  kind_ = "GlobalAveragePool";
  require(shape_.size() > 1, "channels × …");
  flops_ += elements(shape_);
  shape_ = {shape_[0]};
  may_overwrite_ = true;
}

void LayerWalk::operator()(const Relu& /*relu*/) {
  kind_ = "Relu";
  if (!may_overwrite_)
    throw RequestError("layer '" + name_ + "' overwrites its input, which others need: a ReLU cannot come first");
}

void LayerWalk::operator()(const Flatten& /*flatten*/) {
  kind_ = "Flatten";
  shape_ = {std::accumulate(shape_.begin(), shape_.end(), std::int64_t{1}, std::multiplies<>())};
}

void LayerWalk::operator()(const SwapAxes& /*swap*/) {
  kind_ = "SwapAxes";
  require(shape_.size() == 2, "two dimensions");
  std::swap(shape_[0], shape_[1]);
}

void LayerWalk::operator()(const Dropout& dropout) {
  kind_ = "Dropout";
  require_layer(dropout.rate >= 0 && dropout.rate < 1, "its rate must be in [0, 1)");
}

void LayerWalk::norm(std::int64_t channels) {
  require(!shape_.empty() && shape_[0] == channels, std::to_string(channels) + " channels");
  add("weight", {channels}, kOnes);
  add("bias", {channels}, kZeros);
  flops_ += 4.0 * elements(shape_);
  may_overwrite_ = true;
}

void LayerWalk::operator()(const GroupNorm& group_norm) {
  kind_ = "GroupNorm";
  require_layer(group_norm.groups > 0 && group_norm.channels % group_norm.groups == 0,
                "its channels must be a multiple of its groups");
  norm(group_norm.channels);
}

void LayerWalk::operator()(const BatchNorm& batch_norm) {
  kind_ = "BatchNorm";
  norm(batch_norm.channels);
  add("running_mean", {batch_norm.channels}, kZeros, TensorRole::buffer);
  add("running_var", {batch_norm.channels}, kOnes, TensorRole::buffer);
}

void LayerWalk::operator()(const Embedding& embedding) {
  kind_ = "Embedding";
  require(shape_.size() == 1 && data_.symbols == embedding.symbols,
          "numbers of " + std::to_string(embedding.symbols) + " symbols");
  add("weight", {embedding.symbols, embedding.width}, {InitialValues::Kind::normal, 1});
  shape_.push_back(embedding.width);
  may_overwrite_ = true;
}

void LayerWalk::recurrent(std::int64_t in, std::int64_t hidden, std::int64_t gates) {
  require(shape_.size() == 2 && shape_[1] == in, "steps × " + std::to_string(in));
  const auto initial = by_fan_in(hidden);
  add("weight_ih", {gates * hidden, in}, initial);
  add("weight_hh", {gates * hidden, hidden}, initial);
  add("bias_ih", {gates * hidden}, initial);
  add("bias_hh", {gates * hidden}, initial);
  flops_ += 2.0 * static_cast<double>(shape_[0] * gates * hidden * (in + hidden));
  shape_ = {shape_[0], hidden};
  may_overwrite_ = true;
}

void LayerWalk::operator()(const Gru& gru) {
  kind_ = "Gru";
  recurrent(gru.in, gru.hidden, 3);
}

void LayerWalk::operator()(const Lstm& lstm) {
  kind_ = "Lstm";
  recurrent(lstm.in, lstm.hidden, 4);
}

void LayerWalk::operator()(const LastStep& /*last*/) {
  kind_ = "LastStep";
  require(shape_.size() == 2, "steps × numbers");
  shape_ = {shape_[1]};
}

void LayerWalk::operator()(const Residual& residual) {
  const auto input = shape_;
  may_overwrite_ = false;
  visit(residual.body);
  const auto output = shape_;
  shape_ = input;
  may_overwrite_ = false;
  visit(residual.shortcut);
  kind_ = "Residual";
  if (shape_ != output)
    throw RequestError("layer '" + name_ + "' adds " + text(output) + " to " + text(shape_) +
                       ": body and shortcut must put out the same shape");
  flops_ += elements(output);
  may_overwrite_ = true;
}

}  // namespace brume
