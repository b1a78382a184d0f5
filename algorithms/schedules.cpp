#include "algorithms/schedules.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace brume::algorithms {

void WarmUp::declare(Options& options) {
  options.integer({"warm_up", "rounds in which the learning rate rises to its value"}, warm_up_, Range::at_least(0));
}

double WarmUp::rate(Version version) const {
  const auto now = static_cast<double>(version);
  const double rise = warm_up_ > 0 ? std::min(1.0, (now + 1) / static_cast<double>(warm_up_)) : 1;
  return rise * after_warm_up(now);
}

void StepSchedule::declare(Options& options) {
  options.integer({"every", "rounds", true}, every_, Range::at_least(1));
  options.number({"factor", "of the learning rate"}, factor_, Range{0, 1, true});
  WarmUp::declare(options);
}

double StepSchedule::after_warm_up(double version) const {
  return std::pow(factor_, std::floor(version / static_cast<double>(every_)));
}

void ExponentialSchedule::declare(Options& options) {
  options.number({"factor", "of the learning rate, each round"}, factor_, Range{0, 1, true});
  WarmUp::declare(options);
}

double ExponentialSchedule::after_warm_up(double version) const { return std::pow(factor_, version); }

void CosineSchedule::declare(Options& options) {
  options.integer({"rounds", "until the floor", true}, rounds_, Range::at_least(1));
  options.number({"floor", "share of the learning rate that stays"}, floor_, Range::between(0, 1));
  WarmUp::declare(options);
}

double CosineSchedule::after_warm_up(double version) const {
  const double done = std::min(1.0, version / static_cast<double>(rounds_));
  return floor_ + (1 - floor_) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace brume::algorithms
