#include "algorithms/fedavg.hpp"

#include "algorithms/mean_delta.hpp"

namespace brume::algorithms {

void FedAvg::declare(Options& options) {
  options.number({"server_learning_rate", "step along the mean update"}, server_learning_rate_, Range::above(0));
}

std::vector<NamedScalar> FedAvg::step(const StepInput& input, Parameters& model, State& /*state*/) const {
  const auto delta = mean_delta(input, model);
  const auto rate = static_cast<float>(server_learning_rate_);
  const auto values = model.values().first(model.layout().trainable_size());
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += rate * delta[i];
  return {{"update_norm", norm(delta)}};
}

}  // namespace brume::algorithms
