#include "algorithms/adamw.hpp"

namespace brume::algorithms {

void AdamW::decay(std::span<float> model, std::span<float> /*gradient*/, float rate, float decay) const {
  for (float& weight : model) weight -= rate * decay * weight;
}

}  // namespace brume::algorithms
