#pragma once

#include <string_view>

#include "brume/local_program.hpp"

namespace brume::algorithms {

/// Throws RequestError in an algorithm's name unless the optimiser goes in proportion to the gradient.
void need_reach(std::string_view algorithm, const TrainingPlan& plan);

}  // namespace brume::algorithms
