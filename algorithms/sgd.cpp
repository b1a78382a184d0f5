#include "algorithms/sgd.hpp"

#include "algorithms/mean_delta.hpp"

namespace brume::algorithms {

namespace {

void clip(std::span<float> gradient, double longest) {
  const double length = norm(gradient);
  if (!(length > longest)) return;
  const auto scale = static_cast<float>(longest / length);
  for (float& element : gradient) element *= scale;
}

}  // namespace

void Sgd::declare(Options& options) {
  options.number({"learning_rate", "η"}, learning_rate_, Range::above(0));
  options.number({"momentum", "of the local steps"}, momentum_, Range{0, 0.999999, false});
  options.flag({"nesterov", "whether the momentum looks ahead"}, nesterov_);
  options.number({"weight_decay", "L2 penalty"}, weight_decay_, Range::at_least(0));
  options.number_or_none({"clip_norm", "longest gradient"}, clip_norm_, Range::above(0));
}

void Sgd::step(std::span<float> model, std::span<float> gradient, double rate, State& memory) const {
  if (clip_norm_) clip(gradient, *clip_norm_);
  const auto step = static_cast<float>(rate * learning_rate_);
  if (weight_decay_ > 0) {
    const auto decay = static_cast<float>(weight_decay_);
    for (std::size_t i = 0; i < model.size(); ++i) gradient[i] += decay * model[i];
  }
  std::span<const float> direction = gradient;
  if (momentum_ > 0) {
    auto& velocity = memory.vector("velocity", model.size());
    const auto keep = static_cast<float>(momentum_);
    for (std::size_t i = 0; i < model.size(); ++i) velocity[i] = keep * velocity[i] + gradient[i];
    if (nesterov_) {
      for (std::size_t i = 0; i < model.size(); ++i) gradient[i] += keep * velocity[i];
    } else {
      direction = velocity;
    }
  }
  for (std::size_t i = 0; i < model.size(); ++i) model[i] -= step * direction[i];
}

// Clipped gradients go no further for being longer. A gradient of 1 makes velocities 1, 1 + m, 1 + m + m², …
std::optional<double> Sgd::reach(std::uint64_t steps) const {
  if (clip_norm_) return std::nullopt;
  double velocity = 0;
  double way = 0;
  for (std::uint64_t i = 0; i < steps; ++i) {
    velocity = momentum_ * velocity + 1;
    way += nesterov_ ? 1 + momentum_ * velocity : velocity;
  }
  return learning_rate_ * way;
}

}  // namespace brume::algorithms
