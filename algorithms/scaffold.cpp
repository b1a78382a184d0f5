#include "algorithms/scaffold.hpp"

#include "algorithms/mean_delta.hpp"
#include "algorithms/needs.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kControl = "control";

}  // namespace

void Scaffold::declare(Options& options) {
  options.number({"server_learning_rate", "η_g"}, server_learning_rate_, Range::above(0));
}

void Scaffold::check(const LayoutPointer& /*model*/, const TrainingPlan& plan) const { need_reach("scaffold", plan); }

std::vector<VectorSpec> Scaffold::vectors(const LayoutPointer& model) const {
  return {{std::string(kDelta), model}, {kControl, trainable_part(model)}};
}

std::vector<VectorSpec> Scaffold::client_state(const LayoutPointer& model) const {
  return {{kControl, trainable_part(model)}};
}

std::vector<std::string> Scaffold::broadcast() const { return {kControl}; }
std::vector<std::string> Scaffold::state() const { return {kControl}; }

void Scaffold::correct(const Spans& spans) const {
  const auto server = spans.broadcast[0];
  const auto own = spans.state[0];
  for (std::size_t i = 0; i < spans.gradient.size(); ++i) spans.gradient[i] += server[i] - own[i];
}

Update Scaffold::run(LocalContext& context) const {
  const auto run = train_locally(context, this);
  auto update = change_of_model(context, run);
  const auto& delta = update.vectors.front().values;
  const auto server = context.broadcast(kControl);
  auto& own = context.state().vector(kControl, server.size());
  FloatVector change(server.size());
  const auto inverse = static_cast<float>(inverse_reach(context, run.steps));
  if (inverse > 0) {
    for (std::size_t i = 0; i < change.size(); ++i) {
      change[i] = -server[i] - inverse * delta[i];
      own[i] += change[i];
    }
  }
  update.vectors.push_back({kControl, trainable_part(context.layout()), std::move(change)});
  return update;
}

std::vector<NamedScalar> Scaffold::step(const StepInput& input, Parameters& model, State& state) const {
  const auto delta = mean_delta(input, model);
  const auto rate = static_cast<float>(server_learning_rate_);
  const auto values = model.values().first(model.layout().trainable_size());
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += rate * delta[i];
  FloatVector change(values.size());
  input.sums().mean(kControl, change);
  auto& control = state.vector(kControl, change.size());
  const auto share = static_cast<float>(share_of_devices(input));
  for (std::size_t i = 0; i < change.size(); ++i) control[i] += share * change[i];
  return {{"update_norm", norm(delta)}, {"control_norm", norm(control)}};
}

}  // namespace brume::algorithms
