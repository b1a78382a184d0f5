#include "algorithms/fedadam.hpp"

namespace brume::algorithms {

void FedAdam::declare(Options& options) {
  AdaptiveServer::declare(options);
  options.number({"beta2", "decay of the second moment"}, beta2_, Range{0, 0.999999, false});
}

void FedAdam::grow(std::span<float> second, std::span<const float> delta) const {
  const auto beta2 = static_cast<float>(beta2_);
  for (std::size_t i = 0; i < second.size(); ++i) second[i] = beta2 * second[i] + (1 - beta2) * delta[i] * delta[i];
}

}  // namespace brume::algorithms
