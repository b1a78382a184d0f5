#include "algorithms/qfedavg.hpp"

#include <algorithm>
#include <cmath>

#include "algorithms/mean_delta.hpp"
#include "algorithms/needs.hpp"
#include "brume/error.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

void QFedAvg::declare(Options& options) {
  options.number({"q", "how much a device with a large loss counts for more"}, q_, Range::between(0, 100));
}

void QFedAvg::check(const LayoutPointer& /*model*/, const TrainingPlan& plan) const { need_reach("qfedavg", plan); }

Update QFedAvg::run(LocalContext& context) const {
  constexpr double kLeastLoss = 1e-10;  // F^(q−1) has no value at 0
  const double loss = std::max(kLeastLoss, full_loss(context, context.base()));
  if (!std::isfinite(loss)) throw Error("the loss of the received model is not finite");
  auto update = change_of_model(context, train_locally(context));
  const std::size_t trainable = context.layout()->trainable_size();
  const double lipschitz = 1 / context.plan().reach(1, context.task().version);
  const double weight = std::pow(loss, q_);
  auto& delta = update.vectors.front().values;
  const double length = lipschitz * norm(std::span<const float>(delta).first(trainable));
  const auto factor = static_cast<float>(weight * lipschitz);
  for (std::size_t i = 0; i < trainable; ++i) delta[i] *= factor;
  update.scalars = {{"h", q_ * std::pow(loss, q_ - 1) * length * length + lipschitz * weight}};
  return update;
}

std::vector<NamedScalar> QFedAvg::step(const StepInput& input, Parameters& model, State& /*state*/) const {
  const auto delta = mean_delta(input, model);
  const auto values = model.values().first(model.layout().trainable_size());
  const double h = input.sums().mean("h");
  add_to_buffers(model, delta);
  if (h > 0)
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += static_cast<float>(delta[i] / h);
  return {{"update_norm", h > 0 ? norm(delta) / h : 0}, {"h", h}};
}

}  // namespace brume::algorithms
