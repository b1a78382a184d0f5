#pragma once

#include "algorithms/adam.hpp"

namespace brume::algorithms {

/// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2): Adam whose weight decay shrinks the weights by
/// η·λ, η the learning rate as in PyTorch, instead of entering the moments.
class AdamW final : public Adam {
 public:
  AdamW() : Adam(0.01) {}

 private:
  void decay(std::span<float> model, std::span<float> gradient, float rate, float decay) const override;
};

}  // namespace brume::algorithms
