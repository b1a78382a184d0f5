#pragma once

#include "algorithms/local_layers.hpp"

namespace brume::algorithms {

/// FedPer (Arivazhagan et al. 2019, arXiv 1912.00818): the last layers stay on the devices, and are
/// trained with the others.
class FedPer final : public LocalLayers {
 public:
  FedPer() : LocalLayers({"output.*"}) {}
};

}  // namespace brume::algorithms
