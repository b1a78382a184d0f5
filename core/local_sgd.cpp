#include "brume/local_sgd.hpp"

#include <algorithm>
#include <cmath>

#include "brume/batches.hpp"
#include "brume/error.hpp"

namespace brume {

namespace {

LocalCorrection::Spans spans_for(const LocalCorrection* correction, LocalContext& context, std::span<float> model,
                                 std::span<float> gradient) {
  const std::size_t size = gradient.size();
  LocalCorrection::Spans spans{model.first(size), context.base().first(size), gradient, {}, {}};
  if (!correction) return spans;
  for (const auto& name : correction->broadcast()) spans.broadcast.push_back(context.broadcast(name).first(size));
  for (const auto& name : correction->state()) spans.state.push_back(context.state().vector(name, size));
  return spans;
}

LocalRun run_steps(LocalContext& context, std::span<float> model, State& memory, const LocalCorrection* correction,
                   const Stream& stream) {
  FloatVector gradient(context.layout()->trainable_size());
  const auto spans = spans_for(correction, context, model, gradient);
  Batches batches(context.sample_count(), context.plan(), stream);
  LocalRun run;
  for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
    run.add(context.training_gradient(model, batch, gradient));
    if (correction) correction->correct(spans);
    context.step(model.first(gradient.size()), gradient, memory);
  }
  return run;
}

// Calls `use` with batches that cover the device's examples, and the share of all that each is.
template <class Use>
void for_all_examples(LocalContext& context, Use use) {
  constexpr std::size_t kLeast = 64;  // small batches would be slower and no smaller than what training needs
  const auto size = std::max(kLeast, static_cast<std::size_t>(context.plan().batch_size));
  const std::size_t count = context.sample_count();
  std::vector<std::uint32_t> rows;
  for (std::size_t first = 0; first < count; first += rows.size()) {
    rows.resize(std::min(size, count - first));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(first + i);
    use(Batch(rows), static_cast<double>(rows.size()) / static_cast<double>(count));
  }
}

}  // namespace

void LocalRun::add(double loss) {
  ++steps;
  if (!std::isfinite(loss)) throw Error("training diverged: the loss is not finite at step " + std::to_string(steps));
  total_loss += loss;
}

LocalRun train_locally(LocalContext& context, const LocalCorrection* correction) {
  return run_steps(context, context.model(), context.optimizer_memory(), correction, context.stream(Purpose::shuffle));
}

LocalRun train_locally(LocalContext& context, std::span<float> model, const LocalCorrection* correction,
                       const Stream& stream) {
  State memory;
  return run_steps(context, model, memory, correction, stream);
}

Update change_of_model(LocalContext& context, const LocalRun& run) {
  const auto model = context.model();
  const auto base = context.base();
  FloatVector delta(model.begin(), model.end());
  for (std::size_t i = 0; i < delta.size(); ++i) delta[i] -= base[i];
  Update update;
  update.samples = context.sample_count();
  update.loss = run.mean_loss();
  update.vectors.push_back({std::string(kDelta), context.layout(), std::move(delta)});
  return update;
}

double full_loss(LocalContext& context, std::span<const float> at) {
  double loss = 0;
  for_all_examples(context, [&](Batch batch, double share) { loss += share * context.loss(at, batch); });
  return loss;
}

namespace {

// `gradient` computes that of a batch.
template <class Gradient>
double add_gradients(LocalContext& context, std::span<float> out, Gradient gradient) {
  std::fill(out.begin(), out.end(), 0.0F);
  FloatVector part(out.size());
  double loss = 0;
  for_all_examples(context, [&](Batch batch, double share) {
    loss += share * gradient(batch, part);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += static_cast<float>(share) * part[i];
  });
  return loss;
}

}  // namespace

double full_gradient(LocalContext& context, std::span<const float> at, std::span<float> out) {
  return add_gradients(context, out,
                       [&](Batch batch, std::span<float> part) { return context.gradient(at, batch, part); });
}

double full_training_gradient(LocalContext& context, std::span<float> trained, std::span<float> out) {
  return add_gradients(context, out, [&](Batch batch, std::span<float> part) {
    return context.training_gradient(trained, batch, part);
  });
}

}  // namespace brume
