#include "algorithms/mifa.hpp"

#include "algorithms/mean_delta.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

void Mifa::declare(Options& options) {
  options.number({"server_learning_rate", "η"}, server_learning_rate_, Range::above(0));
}

Update Mifa::run(LocalContext& context) const {
  auto update = change_of_model(context, train_locally(context));
  auto& delta = update.vectors.front().values;
  auto& latest = context.state().vector("latest", delta.size());
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const float now = delta[i];
    delta[i] = now - latest[i];
    latest[i] = now;
  }
  return update;
}

std::vector<NamedScalar> Mifa::step(const StepInput& input, Parameters& model, State& state) const {
  const auto change = mean_delta(input, model);
  auto& mean = state.vector("mean", change.size());
  const auto share = static_cast<float>(share_of_devices(input));
  const auto rate = static_cast<float>(server_learning_rate_);
  const auto values = model.values().first(model.layout().trainable_size());
  add_to_buffers(model, change);  // statistics have no direction in which an old change would still be right
  for (std::size_t i = 0; i < values.size(); ++i) {
    mean[i] += share * change[i];
    values[i] += rate * mean[i];
  }
  return {{"update_norm", norm(mean)}};
}

}  // namespace brume::algorithms
