#include "algorithms/qfedavg.hpp"

#include <algorithm>
#include <cmath>

#include "algorithms/mean_delta.hpp"
#include "algorithms/needs.hpp"
#include "brume/error.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kMeanLoss = "mean_loss";

}  // namespace

void QFedAvg::declare(Options& options) {
  options.number({"q", "how much a device with a large loss counts for more"}, q_, Range::between(0, 100));
}

void QFedAvg::check(const LayoutPointer& /*model*/, const TrainingPlan& plan) const { need_reach("qfedavg", plan); }

std::vector<VectorSpec> QFedAvg::broadcast(const LayoutPointer& /*model*/) const { return {{kMeanLoss, one_number()}}; }

Update QFedAvg::run(LocalContext& context) const {
  constexpr double kLeastLoss = 1e-10;  // F^(q−1) has no value at 0
  const double measured = full_loss(context, context.base());
  if (!std::isfinite(measured)) throw Error("the loss of the received model is not finite");
  const double loss = std::max(kLeastLoss, measured);
  const double before = context.broadcast(kMeanLoss)[0];
  const double share = std::pow(before > 0 ? loss / before : 1, q_);  // before the first round all count alike
  auto update = change_of_model(context, train_locally(context));
  const std::size_t trainable = context.layout()->trainable_size();
  auto& delta = update.vectors.front().values;
  const double length = norm(std::span<const float>(delta).first(trainable));
  for (std::size_t i = 0; i < trainable; ++i) delta[i] *= static_cast<float>(share);
  update.scalars = {{"h", q_ * share / loss * inverse_reach(context, 1) * length * length + share}, {"loss", loss}};
  return update;
}

std::vector<NamedScalar> QFedAvg::step(const StepInput& input, Parameters& model, State& state) const {
  const auto delta = mean_delta(input, model);
  const auto values = model.values().first(model.layout().trainable_size());
  const double h = input.sums().mean("h");
  if (!(h > 0)) throw Error("no device counts any more; use a smaller q");
  state.vector(kMeanLoss, 1)[0] = static_cast<float>(input.sums().mean("loss"));
  add_to_buffers(model, delta);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += static_cast<float>(delta[i] / h);
  return {{"update_norm", norm(delta) / h}, {"h", h}};
}

}  // namespace brume::algorithms
