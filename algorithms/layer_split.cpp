#include "algorithms/layer_split.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "brume/error.hpp"

namespace brume::algorithms {

namespace {

bool matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

void check(const Layout& model, const std::vector<std::string>& patterns) {
  std::string names;
  for (const auto& tensor : model.tensors()) names += (names.empty() ? "" : ", ") + tensor.name;
  for (const auto& pattern : patterns)
    if (std::none_of(model.tensors().begin(), model.tensors().end(),
                     [&](const auto& tensor) { return matches(pattern, tensor.name); }))
      throw RequestError("no tensor of the model matches '" + pattern + "' of local_layers; they are " + names);
}

}  // namespace

LayerSplit::LayerSplit(const LayoutPointer& model, const std::vector<std::string>& local) {
  check(*model, local);
  std::vector<TensorSpec> kept;
  std::vector<TensorSpec> sent;
  for (std::size_t i = 0; i < model->tensors().size(); ++i) {
    const auto& tensor = model->tensors()[i];
    const bool stays =
        std::any_of(local.begin(), local.end(), [&](const auto& pattern) { return matches(pattern, tensor.name); });
    (stays ? kept : sent).push_back(tensor);
    (stays ? local_ : shared_).offsets.push_back(model->offset(i));
  }
  if (sent.empty()) throw RequestError("local_layers names every tensor of the model; nothing would be shared");
  shared_.layout = std::make_shared<const Layout>(std::move(sent));
  local_.layout = std::make_shared<const Layout>(std::move(kept));
}

void LayerSplit::take(const Part& part, std::span<const float> model, std::span<float> out) {
  for (std::size_t i = 0; i < part.offsets.size(); ++i)
    std::copy_n(model.begin() + static_cast<std::ptrdiff_t>(part.offsets[i]), part.layout->tensors()[i].size(),
                out.begin() + static_cast<std::ptrdiff_t>(part.layout->offset(i)));
}

void LayerSplit::put(const Part& part, std::span<const float> values, std::span<float> model) {
  for (std::size_t i = 0; i < part.offsets.size(); ++i)
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(part.layout->offset(i)), part.layout->tensors()[i].size(),
                model.begin() + static_cast<std::ptrdiff_t>(part.offsets[i]));
}

void LayerSplit::add_shared(std::span<const float> change, float factor, std::span<float> model) const {
  for (std::size_t i = 0; i < shared_.offsets.size(); ++i) {
    const auto& tensor = shared_.layout->tensors()[i];
    const auto from = change.subspan(shared_.layout->offset(i), tensor.size());
    const float of_this = tensor.role == TensorRole::trainable ? factor : 1;
    const auto to = model.subspan(shared_.offsets[i], from.size());
    for (std::size_t j = 0; j < from.size(); ++j) to[j] += of_this * from[j];
  }
}

}  // namespace brume::algorithms
