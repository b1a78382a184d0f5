#pragma once

#include <string_view>

#include "brume/local_program.hpp"

namespace brume::algorithms {

/// Throws RequestError in an algorithm's name unless the optimiser goes in proportion to the gradient.
void need_reach(std::string_view algorithm, const TrainingPlan& plan);

/// Throws RequestError in an algorithm's name for a model with buffers, which are not trained but averaged.
void need_no_buffers(std::string_view algorithm, const Layout& model);

/// 1 / the reach of so many steps of the task; 0 where the learning rate is 0, so that nothing has moved.
double inverse_reach(const LocalContext& context, std::uint64_t steps);

}  // namespace brume::algorithms
