#include "algorithms/hierfavg.hpp"

#include "algorithms/mean_delta.hpp"

namespace brume::algorithms {

void HierFavg::declare(Options& options) {
  FedAvg::declare(options);
  options.integer({"fog_rounds", "of each lowest fog node for one of the cloud's, κ₂"}, fog_rounds_,
                  Range::between(1, 255));
}

void HierFavg::fog_step(const StepInput& input, Parameters& model, State& /*state*/) const {
  const auto delta = mean_delta(input, model);
  const auto values = model.values();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += delta[i];
}

}  // namespace brume::algorithms
