#pragma once

#include "brume/algorithm.hpp"
#include "brume/plugin.hpp"

namespace brume::testing {

/// FedAvg, as a plug-in would write it.
class Mean : public Algorithm {
 public:
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& /*state*/) const override {
    FloatVector mean(model.values().size());
    input.sums().mean(kDelta, mean);
    for (std::size_t i = 0; i < mean.size(); ++i) model.values()[i] += mean[i];
    return {{"devices", static_cast<double>(input.aggregate().contributions())}};
  }
};

}  // namespace brume::testing
