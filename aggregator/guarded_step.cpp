#include "aggregator/guarded_step.hpp"

#include <algorithm>
#include <cmath>

#include "core/local_training.hpp"

namespace brume::aggregator {

namespace {

// NaN is not below it either. Codecs scale by powers of two and stop short of the largest float.
bool can_be_sent(std::span<const float> values) {
  constexpr float kMost = 1e37F;
  return std::all_of(values.begin(), values.end(), [](float value) { return std::fabs(value) < kMost; });
}

std::string problem_of(const Algorithm& algorithm, const Stepped& stepped) {
  if (!can_be_sent(stepped.model.values())) return " makes a model that is not finite";
  for (const auto& spec : algorithm.broadcast(stepped.model.layout_pointer())) {
    const auto found = stepped.state.vectors.find(spec.name);
    if (found == stepped.state.vectors.end()) continue;  // zeros
    if (found->second.size() != spec.layout->size()) return " has '" + spec.name + "' of another size than it declares";
    if (!can_be_sent(found->second)) return " makes '" + spec.name + "' not finite";
  }
  return {};
}

}  // namespace

std::string step_or_explain(const Algorithm& algorithm, Stepped& copy, const std::function<void(Stepped&)>& step) {
  try {
    step(copy);
    const auto problem = problem_of(algorithm, copy);
    return problem.empty() ? problem : algorithm.origin() + problem;
  } catch (...) {
    return failure_of(algorithm);
  }
}

}  // namespace brume::aggregator
