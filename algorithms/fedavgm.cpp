#include "algorithms/fedavgm.hpp"

#include "algorithms/mean_delta.hpp"

namespace brume::algorithms {

void FedAvgM::declare(Options& options) {
  options.number({"server_learning_rate", "η"}, server_learning_rate_, Range::above(0));
  options.number({"momentum", "β"}, momentum_, Range{0, 0.999999, false});
}

std::vector<NamedScalar> FedAvgM::step(const StepInput& input, Parameters& model, State& state) const {
  const auto delta = mean_delta(input, model);
  auto& velocity = state.vector("velocity", delta.size());
  const auto rate = static_cast<float>(server_learning_rate_);
  const auto keep = static_cast<float>(momentum_);
  const auto values = model.values().first(model.layout().trainable_size());
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) {
    velocity[i] = keep * velocity[i] + delta[i];
    values[i] += rate * velocity[i];
  }
  return {{"update_norm", norm(delta)}, {"velocity_norm", norm(velocity)}};
}

}  // namespace brume::algorithms
