#include "algorithms/local_layers.hpp"

#include "algorithms/mean_delta.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kLayers = "layers";

}  // namespace

void LocalLayers::declare(Options& options) {
  options.texts({"local_layers", "patterns of the tensors that stay on the devices"}, patterns_);
  options.number({"server_learning_rate", "η"}, server_learning_rate_, Range::above(0));
}

void LocalLayers::check(const LayoutPointer& model, const TrainingPlan& /*plan*/) const { (void)split(model); }

std::vector<VectorSpec> LocalLayers::vectors(const LayoutPointer& model) const {
  return {{std::string(kDelta), split(model).shared()}};
}

std::vector<VectorSpec> LocalLayers::client_state(const LayoutPointer& model) const {
  return {{kLayers, split(model).local()}};
}

void LocalLayers::personalise(LocalContext& context) const {
  const auto own = context.state().vectors.find(kLayers);
  if (own != context.state().vectors.end()) split(context.layout()).put_local(own->second, context.model());
}

Update LocalLayers::run(LocalContext& context) const {
  const auto layers = split(context.layout());
  personalise(context);
  const auto run = train(context);
  layers.take_local(context.model(), context.state().vector(kLayers, layers.local()->size()));
  auto update = change_of_model(context, run);
  FloatVector shared(layers.shared()->size());
  layers.take_shared(update.vectors.front().values, shared);
  update.vectors = {{std::string(kDelta), layers.shared(), std::move(shared)}};
  return update;
}

std::vector<NamedScalar> LocalLayers::step(const StepInput& input, Parameters& model, State& /*state*/) const {
  const auto layers = split(model.layout_pointer());
  FloatVector delta(layers.shared()->size());
  input.sums().mean(kDelta, delta);
  layers.add_shared(delta, static_cast<float>(server_learning_rate_), model.values());
  return {{"update_norm", norm(delta)}};
}

}  // namespace brume::algorithms
