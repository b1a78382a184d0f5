#include "learning/parameter_views.hpp"

#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "brume/error.hpp"

namespace brume::learning {

ParameterViews::ParameterViews(const std::vector<std::string>& tensors, LayoutPointer layout)
    : layout_(std::move(layout)) {
  const auto& specs = layout_->tensors();
  for (const auto& name : tensors) {
    const auto found = std::find_if(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; });
    if (found == specs.end()) throw Error("the model's layout has no tensor '" + name + "'");
    places_.push_back(static_cast<std::size_t>(found - specs.begin()));
  }
}

at::Tensor ParameterViews::view(float* values, std::size_t tensor, bool with_buffers) const {
  const auto& spec = layout_->tensors()[tensor];
  if (spec.role == TensorRole::buffer && !with_buffers) return {};
  return at::from_blob(values + layout_->offset(tensor), spec.shape, at::kFloat);
}

Tensors ParameterViews::of(float* values, bool with_buffers) {
  ++uses_;
  for (auto& entry : kept_) {
    if (entry.values != values || entry.with_buffers != with_buffers) continue;
    entry.last_used = uses_;
    return entry.tensors;
  }
  auto& entry = *std::min_element(kept_.begin(), kept_.end(),
                                  [](const Kept& a, const Kept& b) { return a.last_used < b.last_used; });
  entry.values = values;
  entry.last_used = uses_;
  entry.with_buffers = with_buffers;
  entry.tensors.clear();
  for (const auto place : places_) entry.tensors.push_back(view(values, place, with_buffers));
  return entry.tensors;
}

}  // namespace brume::learning
