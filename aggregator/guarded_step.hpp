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

/// Runs `step` on a copy of model and state and puts the copy in their place, unless it throws or leaves what no device
/// could be sent: numbers that are not finite or that no codec could carry, broadcast vectors of another size than
/// declared. Then nothing changes, and what went wrong is returned with the algorithm's name, else "".
std::string step_or_explain(const Algorithm& algorithm, Stepped& of, const std::function<void(Stepped&)>& step);

}  // namespace brume::aggregator
