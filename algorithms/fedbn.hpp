#pragma once

#include "algorithms/local_layers.hpp"

namespace brume::algorithms {

/// FedBN (Li et al., ICLR 2021, arXiv 2102.07623, algorithm 1): normalisation layers, with their running statistics,
/// stay on the devices.
class FedBn final : public LocalLayers {
 public:
  FedBn() : LocalLayers({"*norm*"}) {}
};

}  // namespace brume::algorithms
