#include "algorithms/apfl.hpp"

#include <algorithm>

#include "algorithms/mean_delta.hpp"
#include "algorithms/needs.hpp"
#include "algorithms/personal_model.hpp"
#include "brume/batches.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kAlpha = "alpha";

void mix(float alpha, std::span<const float> own, std::span<const float> shared, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = alpha * own[i] + (1 - alpha) * shared[i];
}

}  // namespace

void Apfl::declare(Options& options) {
  FedAvg::declare(options);
  options.number({"alpha", "share of a device's own model in what it uses, α"}, alpha_, Range::between(0, 1));
  options.flag({"adaptive", "whether devices adapt α"}, adaptive_);
}

void Apfl::check(const LayoutPointer& /*model*/, const TrainingPlan& plan) const {
  if (adaptive_) need_reach("apfl", plan);  // α moves at the model's learning rate
}

std::vector<VectorSpec> Apfl::client_state(const LayoutPointer& model) const {
  return {{"model", model}, {kAlpha, one_number()}};
}

float& Apfl::alpha_of(State& state) const {
  return state.vectors.try_emplace(kAlpha, 1, static_cast<float>(alpha_)).first->second.front();
}

Update Apfl::run(LocalContext& context) const {
  const std::size_t trainable = context.layout()->trainable_size();
  const auto own = personal_model(context);
  const auto shared = context.model();
  float& alpha = alpha_of(context.state());
  FloatVector gradient(trainable);
  FloatVector mixture(own.size());
  const auto buffers = static_cast<std::ptrdiff_t>(trainable);
  State memory;
  Batches batches(context.sample_count(), context.plan(), context.stream(Purpose::shuffle));
  LocalRun run;
  LocalRun own_run;
  double slope = 0;
  for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
    mix(alpha, own, shared, mixture);
    run.add(context.training_gradient(shared, batch, gradient));
    context.step(gradient);
    own_run.add(context.training_gradient(mixture, batch, gradient));
    std::copy(mixture.begin() + buffers, mixture.end(), own.begin() + buffers);  // statistics of what it will use
    if (run.steps == 1)
      for (std::size_t i = 0; i < trainable; ++i) slope += gradient[i] * (own[i] - context.base()[i]);
    for (float& element : gradient) element *= alpha;
    context.step(own.first(trainable), gradient, memory);
  }
  if (adaptive_ && run.steps > 0) {
    const double rate = context.plan().reach(1, context.task().version);
    alpha = static_cast<float>(std::clamp(alpha - rate * slope, 0.0, 1.0));
  }
  return change_of_model(context, run);
}

void Apfl::personalise(LocalContext& context) const {
  const auto own = context.state().vectors.find("model");
  if (own == context.state().vectors.end()) return;
  State copy = context.state();
  mix(alpha_of(copy), own->second, context.base(), context.model());
}

}  // namespace brume::algorithms
