#include "algorithms/afl.hpp"

#include <algorithm>
#include <cmath>

#include "algorithms/mean_delta.hpp"
#include "brume/error.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr const char* kLogWeight = "log_weight";
constexpr const char* kMeanLoss = "mean_loss";
constexpr float kMostLogWeight = 8;  // weights from 1/3,000 to 3,000 of the first one

}  // namespace

void Afl::declare(Options& options) {
  FedAvg::declare(options);
  options.number({"mixture_learning_rate", "of the devices' weights, γ"}, mixture_learning_rate_, Range::at_least(0));
}

std::vector<VectorSpec> Afl::client_state(const LayoutPointer& /*model*/) const { return {{kLogWeight, one_number()}}; }
std::vector<VectorSpec> Afl::broadcast(const LayoutPointer& /*model*/) const { return {{kMeanLoss, one_number()}}; }

double Afl::weight(const Update& update) const {
  for (const auto& scalar : update.scalars)
    if (scalar.name == kLogWeight) return std::exp(scalar.value);
  throw Error("an update of algorithm 'afl' lacks its log_weight");
}

Update Afl::run(LocalContext& context) const {
  const double loss = full_loss(context, context.base());
  if (!std::isfinite(loss)) throw Error("the loss of the received model is not finite");
  float& log_weight = context.state().vector(kLogWeight, 1)[0];
  const double mean = context.broadcast(kMeanLoss)[0];
  if (mean > 0) {  // there has been a round before this one
    const double step = mixture_learning_rate_ * (loss - mean);
    log_weight = std::clamp(static_cast<float>(log_weight + step), -kMostLogWeight, kMostLogWeight);
  }
  auto update = change_of_model(context, train_locally(context));
  update.scalars = {{"loss", loss}, {kLogWeight, log_weight}};
  return update;
}

std::vector<NamedScalar> Afl::step(const StepInput& input, Parameters& model, State& state) const {
  const double mean = input.sums().mean("loss");
  state.vector(kMeanLoss, 1)[0] = static_cast<float>(mean);
  auto columns = FedAvg::step(input, model, state);
  columns.push_back({"mixture_loss", mean});
  return columns;
}

}  // namespace brume::algorithms
