#include "algorithms/mimelite.hpp"

#include "algorithms/mean_delta.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kMomentum = "momentum";
constexpr const char* kGradient = "gradient";

}  // namespace

void MimeLite::declare(Options& options) { options.number({"momentum", "β"}, momentum_, Range{0, 0.999999, false}); }

std::vector<VectorSpec> MimeLite::vectors(const LayoutPointer& model) const {
  return {{std::string(kDelta), model}, {kGradient, trainable_part(model)}};
}

std::vector<VectorSpec> MimeLite::broadcast(const LayoutPointer& model) const {
  return {{kMomentum, trainable_part(model)}};
}

std::vector<std::string> MimeLite::broadcast() const { return {kMomentum}; }

void MimeLite::correct(const Spans& spans) const {
  const auto beta = static_cast<float>(momentum_);
  const auto momentum = spans.broadcast[0];
  for (std::size_t i = 0; i < spans.gradient.size(); ++i)
    spans.gradient[i] = (1 - beta) * spans.gradient[i] + beta * momentum[i];
}

Update MimeLite::run(LocalContext& context) const {
  FloatVector gradient(context.layout()->trainable_size());
  full_gradient(context, context.base(), gradient);
  auto update = change_of_model(context, train_locally(context, this));
  update.vectors.push_back({kGradient, trainable_part(context.layout()), std::move(gradient)});
  return update;
}

std::vector<NamedScalar> MimeLite::step(const StepInput& input, Parameters& model, State& state) const {
  const auto delta = mean_delta(input, model);
  const auto values = model.values();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += delta[i];
  FloatVector gradient(model.layout().trainable_size());
  input.sums().mean(kGradient, gradient);
  auto& momentum = state.vector(kMomentum, gradient.size());
  const auto beta = static_cast<float>(momentum_);
  for (std::size_t i = 0; i < gradient.size(); ++i) momentum[i] = (1 - beta) * gradient[i] + beta * momentum[i];
  return {{"update_norm", norm(delta)}, {"momentum_norm", norm(momentum)}};
}

}  // namespace brume::algorithms
