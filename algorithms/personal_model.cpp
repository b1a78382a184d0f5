#include "algorithms/personal_model.hpp"

#include <algorithm>

namespace brume::algorithms {

namespace {

constexpr const char* kModel = "model";

}  // namespace

std::span<float> personal_model(LocalContext& context) {
  auto& own = context.state().vectors[kModel];
  if (own.empty()) own.assign(context.base().begin(), context.base().end());
  return own;
}

void use_personal_model(LocalContext& context) {
  const auto own = context.state().vectors.find(kModel);
  if (own != context.state().vectors.end()) std::copy(own->second.begin(), own->second.end(), context.model().begin());
}

}  // namespace brume::algorithms
