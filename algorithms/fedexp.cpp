#include "algorithms/fedexp.hpp"

#include <algorithm>

#include "algorithms/mean_delta.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

void FedExp::declare(Options& options) {
  options.number({"epsilon", "keeps the step from growing without bound, ε"}, epsilon_, Range::at_least(0));
}

Update FedExp::run(LocalContext& context) const {
  auto update = change_of_model(context, train_locally(context));
  const std::span<const float> delta = update.vectors.front().values;
  const double length = norm(delta.first(context.layout()->trainable_size()));
  update.scalars = {{"squared_norm", length * length}};
  return update;
}

std::vector<NamedScalar> FedExp::step(const StepInput& input, Parameters& model, State& /*state*/) const {
  const auto delta = mean_delta(input, model);
  const auto values = model.values().first(model.layout().trainable_size());
  const double length = norm(std::span(delta).first(values.size()));
  const double bound = 2 * (length * length + epsilon_);
  const double rate = bound > 0 ? std::max(1.0, input.sums().mean("squared_norm") / bound) : 1.0;
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += static_cast<float>(rate) * delta[i];
  return {{"update_norm", norm(delta)}, {"server_learning_rate", rate}};
}

}  // namespace brume::algorithms
