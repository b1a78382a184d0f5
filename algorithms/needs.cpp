#include "algorithms/needs.hpp"

#include "brume/error.hpp"

namespace brume::algorithms {

void need_reach(std::string_view algorithm, const TrainingPlan& plan) {
  if (plan.optimizer->reach(1)) return;
  throw RequestError("algorithm '" + std::string(algorithm) +
                     "' needs to know how far the devices' optimizer goes along a gradient, which only sgd without "
                     "clip_norm can say; use that as training.optimizer, or another algorithm");
}

void need_no_buffers(std::string_view algorithm, const Layout& model) {
  if (model.trainable_size() == model.size()) return;
  throw RequestError("algorithm '" + std::string(algorithm) +
                     "' cannot average the running statistics of batch normalisation; use a model without them, or "
                     "another algorithm");
}

double inverse_reach(const LocalContext& context, std::uint64_t steps) {
  const double reach = context.plan().reach(steps, context.task().version);
  return reach > 0 ? 1 / reach : 0;
}

}  // namespace brume::algorithms
