#include "algorithms/feddyn.hpp"

#include "algorithms/mean_delta.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kGradient = "gradient";

}  // namespace

void FedDyn::declare(Options& options) {
  options.number({"alpha", "weight of the dynamic regulariser, α"}, alpha_, Range::at_least(0));
}

std::vector<VectorSpec> FedDyn::client_state(const LayoutPointer& model) const {
  return {{kGradient, trainable_part(model)}};
}

std::vector<std::string> FedDyn::state() const { return {kGradient}; }

void FedDyn::correct(const Spans& spans) const {
  const auto alpha = static_cast<float>(alpha_);
  const auto own = spans.state[0];
  for (std::size_t i = 0; i < spans.gradient.size(); ++i)
    spans.gradient[i] += alpha * (spans.model[i] - spans.base[i]) - own[i];
}

Update FedDyn::run(LocalContext& context) const {
  auto update = change_of_model(context, train_locally(context, this));
  auto& own = context.state().vector(kGradient, context.layout()->trainable_size());
  const auto alpha = static_cast<float>(alpha_);
  for (std::size_t i = 0; i < own.size(); ++i) own[i] -= alpha * update.vectors.front().values[i];
  return update;
}

// The server's vector is h/α = −1/m·ΣΣ(θₖ − θᵗ), which is there for α = 0 too, and counts only if α > 0.
std::vector<NamedScalar> FedDyn::step(const StepInput& input, Parameters& model, State& state) const {
  const auto delta = mean_delta(input, model);
  const auto values = model.values().first(model.layout().trainable_size());
  auto& drift = state.vector("drift", values.size());
  const auto share = static_cast<float>(share_of_devices(input));
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) {
    drift[i] -= share * delta[i];
    values[i] += alpha_ > 0 ? delta[i] - drift[i] : delta[i];
  }
  return {{"update_norm", norm(delta)}, {"drift_norm", norm(drift)}};
}

}  // namespace brume::algorithms
