#include "algorithms/fednova.hpp"

#include "algorithms/mean_delta.hpp"
#include "algorithms/needs.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

void FedNova::check(const LayoutPointer& /*model*/, const TrainingPlan& plan) const { need_reach("fednova", plan); }

Update FedNova::run(LocalContext& context) const {
  const auto run = train_locally(context);
  auto update = change_of_model(context, run);
  const double reach = context.plan().reach(run.steps, context.task().version);
  const auto inverse = static_cast<float>(inverse_reach(context, run.steps));
  auto& delta = update.vectors.front().values;
  for (std::size_t i = 0; i < context.layout()->trainable_size(); ++i) delta[i] *= inverse;
  update.scalars = {{"reach", reach}};
  return update;
}

std::vector<NamedScalar> FedNova::step(const StepInput& input, Parameters& model, State& /*state*/) const {
  auto delta = mean_delta(input, model);
  const auto reach = static_cast<float>(input.sums().mean("reach"));
  const auto values = model.values().first(model.layout().trainable_size());
  const auto rate = static_cast<float>(server_learning_rate());
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += rate * (reach * delta[i]);
  return {{"update_norm", reach * norm(delta)}, {"mean_reach", reach}};
}

}  // namespace brume::algorithms
