#pragma once

#include "algorithms/adaptive_server.hpp"

namespace brume::algorithms {

/// FedAdam (Reddi et al. 2021, arXiv 2003.00295, algorithm 2): v ← β₂v + (1 − β₂)Δ².
class FedAdam final : public AdaptiveServer {
 public:
  FedAdam() : AdaptiveServer(0.9) {}
  void declare(Options& options) override;

 private:
  void grow(std::span<float> second, std::span<const float> delta) const override;
  double beta2_ = 0.99;
};

}  // namespace brume::algorithms
