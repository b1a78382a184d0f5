#include "algorithms/signsgd.hpp"

#include "algorithms/mean_delta.hpp"
#include "algorithms/needs.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

float sign(float value) { return value > 0 ? 1.0F : value < 0 ? -1.0F : 0.0F; }

}  // namespace

void SignSgd::declare(Options& options) {
  options.number({"server_learning_rate", "how far each element moves in a round, η"}, server_learning_rate_,
                 Range::above(0));
}

void SignSgd::check(const LayoutPointer& model, const TrainingPlan& /*plan*/) const {
  need_no_buffers("signsgd", *model);
}

Update SignSgd::run(LocalContext& context) const {
  auto update = change_of_model(context, train_locally(context));
  for (float& value : update.vectors.front().values) value = sign(value);
  return update;
}

std::vector<NamedScalar> SignSgd::step(const StepInput& input, Parameters& model, State& /*state*/) const {
  const auto votes = mean_delta(input, model);
  const auto values = model.values();
  double agreement = 0;  // 1 if all devices say the same everywhere
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] += static_cast<float>(server_learning_rate_) * sign(votes[i]);
    agreement += static_cast<double>(votes[i] < 0 ? -votes[i] : votes[i]);
  }
  return {{"agreement", agreement / static_cast<double>(values.size())}};
}

}  // namespace brume::algorithms
