#include "algorithms/mean_delta.hpp"

#include <cmath>

namespace brume::algorithms {

FloatVector mean_delta(const StepInput& input, const Parameters& model) {
  FloatVector delta(model.values().size());
  input.sums().mean(kDelta, delta);
  return delta;
}

void add_to_buffers(Parameters& model, std::span<const float> delta) {
  const auto values = model.values();
  for (std::size_t i = model.layout().trainable_size(); i < values.size(); ++i) values[i] += delta[i];
}

double share_of_devices(const StepInput& input) {
  return static_cast<double>(input.aggregate().contributions()) / static_cast<double>(input.devices);
}

LayoutPointer one_number() {
  return std::make_shared<const Layout>(std::vector<TensorSpec>{{"value", {1}, TensorRole::trainable}});
}

double norm(std::span<const float> x) {
  double square = 0;
  for (const float element : x) square += static_cast<double>(element) * element;
  return std::sqrt(square);
}

}  // namespace brume::algorithms
