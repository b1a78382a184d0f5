#include "algorithms/fedyogi.hpp"

namespace brume::algorithms {

void FedYogi::declare(Options& options) {
  AdaptiveServer::declare(options);
  options.number({"beta2", "decay of the second moment"}, beta2_, Range{0, 0.999999, false});
}

void FedYogi::grow(std::span<float> second, std::span<const float> delta) const {
  const auto beta2 = static_cast<float>(beta2_);
  for (std::size_t i = 0; i < second.size(); ++i) {
    const float square = delta[i] * delta[i];
    const float towards = second[i] > square ? -1.0F : second[i] < square ? 1.0F : 0.0F;
    second[i] += (1 - beta2) * square * towards;
  }
}

}  // namespace brume::algorithms
