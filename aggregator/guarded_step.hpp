#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "brume/algorithm.hpp"

namespace brume::aggregator {

/// What a step works on.
struct Stepped {
  Parameters model;
  State state;
};

/// Runs `step` on a copy of model and state, which are good for nothing if it throws or leaves what no device could be
/// sent: numbers that are not finite or that no codec could carry, broadcast vectors of another size than declared.
/// Returns what went wrong then, with the algorithm's name, else "".
std::string step_or_explain(const Algorithm& algorithm, Stepped& copy, const std::function<void(Stepped&)>& step);

}  // namespace brume::aggregator
