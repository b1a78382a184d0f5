#include "algorithms/ditto.hpp"

#include "brume/local_sgd.hpp"

namespace brume::algorithms {

void Ditto::declare(Options& options) {
  FedAvg::declare(options);
  options.number({"lambda", "how strongly a device's own model is drawn to the shared one, λ"}, lambda_,
                 Range::at_least(0));
}

void Ditto::correct(const Spans& spans) const {
  const auto lambda = static_cast<float>(lambda_);
  for (std::size_t i = 0; i < spans.gradient.size(); ++i)
    spans.gradient[i] += lambda * (spans.model[i] - spans.base[i]);
}

Update Ditto::run(LocalContext& context) const {
  auto update = change_of_model(context, train_locally(context));
  train_locally(context, personal_model(context), this, context.stream(Purpose::shuffle).fork(1));
  return update;
}

}  // namespace brume::algorithms
