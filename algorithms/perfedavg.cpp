#include "algorithms/perfedavg.hpp"

#include <algorithm>

#include "algorithms/mean_delta.hpp"
#include "brume/batches.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

// Writes `model` + factor · direction, for the trainable elements.
void move(std::span<const float> model, std::span<const float> direction, double factor, std::span<float> out) {
  for (std::size_t i = 0; i < direction.size(); ++i) out[i] = model[i] + static_cast<float>(factor) * direction[i];
}

// ∇²f(w)·v as (∇f(w + δv) − ∇f(w − δv)) / 2δ, with δ such that δv is small beside the weights of any model.
void hessian_times(LocalContext& context, Batch batch, std::span<const float> v, std::span<float> scratch,
                   FloatVector& out) {
  const double length = norm(v);
  std::fill(out.begin(), out.end(), 0.0F);
  if (length == 0) return;
  const double delta = 1e-2 / length;
  FloatVector behind(v.size());
  move(context.model(), v, delta, scratch);
  context.gradient(scratch, batch, out);
  move(context.model(), v, -delta, scratch);
  context.gradient(scratch, batch, behind);
  for (std::size_t i = 0; i < v.size(); ++i) out[i] = (out[i] - behind[i]) / static_cast<float>(2 * delta);
}

}  // namespace

void PerFedAvg::declare(Options& options) {
  FedAvg::declare(options);
  options.number({"inner_learning_rate", "of the step to a device's own model, α"}, inner_learning_rate_,
                 Range::at_least(0));
  options.word({"hessian", "the second-order term: left out, or from a difference of gradients"}, hessian_,
               {"none", "difference"});
}

Update PerFedAvg::run(LocalContext& context) const {
  const std::size_t trainable = context.layout()->trainable_size();
  FloatVector inner(trainable);
  FloatVector outer(trainable);
  FloatVector product(trainable);
  FloatVector moved(context.base().begin(), context.base().end());
  const auto shuffle = context.stream(Purpose::shuffle);
  Batches batches(context.sample_count(), context.plan(), shuffle);
  Batches inner_batches(context.sample_count(), context.plan(), shuffle.fork(1));
  Batches hessian_batches(context.sample_count(), context.plan(), shuffle.fork(2));
  LocalRun run;
  for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
    context.training_gradient(context.model(), inner_batches.next(), inner);
    move(context.model(), inner, -inner_learning_rate_, moved);
    run.add(context.gradient(moved, batch, outer));
    if (with_hessian() && inner_learning_rate_ > 0) {
      hessian_times(context, hessian_batches.next(), outer, moved, product);
      move(outer, product, -inner_learning_rate_, outer);
    }
    context.step(outer);
  }
  return change_of_model(context, run);
}

void PerFedAvg::personalise(LocalContext& context) const {
  FloatVector gradient(context.layout()->trainable_size());
  full_gradient(context, context.base(), gradient);
  move(context.model(), gradient, -inner_learning_rate_, context.model());
}

}  // namespace brume::algorithms
