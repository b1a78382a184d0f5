#include "algorithms/adam.hpp"

#include <cmath>

namespace brume::algorithms {

void Adam::declare(Options& options) {
  options.number({"learning_rate", "η"}, learning_rate_, Range::above(0));
  options.number({"beta1", "decay of the first moment"}, beta1_, Range{0, 0.999999, false});
  options.number({"beta2", "decay of the second moment"}, beta2_, Range{0, 0.9999999, false});
  options.number({"epsilon", "ε"}, epsilon_, Range::above(0));
  options.number({"weight_decay", "λ"}, weight_decay_, Range::at_least(0));
}

void Adam::decay(std::span<float> model, std::span<float> gradient, float /*rate*/, float decay) const {
  for (std::size_t i = 0; i < model.size(); ++i) gradient[i] += decay * model[i];
}

void Adam::step(std::span<float> model, std::span<float> gradient, double rate, State& memory) const {
  const double learning_rate = rate * learning_rate_;
  if (weight_decay_ > 0) decay(model, gradient, static_cast<float>(learning_rate), static_cast<float>(weight_decay_));
  auto& first = memory.vector("first_moment", model.size());
  auto& second = memory.vector("second_moment", model.size());
  const double steps = memory.scalars["steps"] += 1;
  const auto beta1 = static_cast<float>(beta1_);
  const auto beta2 = static_cast<float>(beta2_);
  const auto epsilon = static_cast<float>(epsilon_);
  const auto step = static_cast<float>(learning_rate / (1 - std::pow(beta1_, steps)));
  const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2_, steps)));
  for (std::size_t i = 0; i < model.size(); ++i) {
    first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
    second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
    model[i] -= step * first[i] / (std::sqrt(second[i]) * correction + epsilon);
  }
}

}  // namespace brume::algorithms
