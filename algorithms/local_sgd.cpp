#include "algorithms/local_sgd.hpp"

#include <cmath>

#include "algorithms/batches.hpp"
#include "brume/error.hpp"

namespace brume::algorithms {

namespace {

FloatVector difference(std::span<const float> model, std::span<const float> base) {
  FloatVector delta(model.begin(), model.end());
  for (std::size_t i = 0; i < delta.size(); ++i) delta[i] -= base[i];
  return delta;
}

}  // namespace

Update LocalSgd::run(LocalContext& context) const {
  const std::size_t trainable = context.layout()->trainable_size();
  FloatVector gradient(trainable);
  Batches batches(context.sample_count(), context.plan(), context.stream(Purpose::shuffle));
  double loss = 0;
  std::uint64_t steps = 0;
  for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
    const double batch_loss = context.gradient(context.model(), batch, gradient);
    if (!std::isfinite(batch_loss))
      throw Error("training diverged: the loss is not finite at step " + std::to_string(steps + 1));
    loss += batch_loss;
    ++steps;
    if (correction_)
      correction_->correct({context.model().first(trainable), context.base().first(trainable), gradient});
    context.step(gradient);
  }
  Update update;
  update.samples = context.sample_count();
  update.loss = steps > 0 ? loss / static_cast<double>(steps) : 0;
  update.vectors.push_back({std::string(kDelta), context.layout(), difference(context.model(), context.base())});
  return update;
}

}  // namespace brume::algorithms
