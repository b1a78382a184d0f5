#pragma once

#include "algorithms/adaptive_server.hpp"

namespace brume::algorithms {

/// FedAdagrad (Reddi et al. 2021, arXiv 2003.00295, algorithm 2): v ← v + Δ².
class FedAdagrad final : public AdaptiveServer {
 public:
  FedAdagrad() : AdaptiveServer(0) {}

 private:
  void grow(std::span<float> second, std::span<const float> delta) const override;
};

}  // namespace brume::algorithms
