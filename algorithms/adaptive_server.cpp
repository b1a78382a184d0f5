#include "algorithms/adaptive_server.hpp"

#include <cmath>

#include "algorithms/mean_delta.hpp"

namespace brume::algorithms {

void AdaptiveServer::declare(Options& options) {
  options.number({"server_learning_rate", "η"}, server_learning_rate_, Range::above(0));
  options.number({"beta1", "decay of the first moment"}, beta1_, Range{0, 0.999999, false});
  options.number({"tau", "adaptivity, τ"}, tau_, Range::above(0));
}

std::vector<NamedScalar> AdaptiveServer::step(const StepInput& input, Parameters& model, State& state) const {
  const auto delta = mean_delta(input, model);
  auto& first = state.vector("first_moment", delta.size());
  const auto tau = static_cast<float>(tau_);
  auto& second = state.vectors.try_emplace("second_moment", delta.size(), tau * tau).first->second;
  const auto beta1 = static_cast<float>(beta1_);
  const auto rate = static_cast<float>(server_learning_rate_);
  const auto values = model.values().first(model.layout().trainable_size());
  add_to_buffers(model, delta);
  grow(second, delta);
  for (std::size_t i = 0; i < values.size(); ++i) {
    first[i] = beta1 * first[i] + (1 - beta1) * delta[i];
    values[i] += rate * first[i] / (std::sqrt(second[i]) + tau);
  }
  return {{"update_norm", norm(delta)}};
}

}  // namespace brume::algorithms
