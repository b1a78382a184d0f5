#include "algorithms/fedadagrad.hpp"

namespace brume::algorithms {

void FedAdagrad::grow(std::span<float> second, std::span<const float> delta) const {
  for (std::size_t i = 0; i < second.size(); ++i) second[i] += delta[i] * delta[i];
}

}  // namespace brume::algorithms
