#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// A baseline: the one device of each round trains on everybody's examples, which no federation can do. What it reaches
/// is what the model can learn from the data without a federation. Its bytes and seconds mean nothing.
class Centralised final : public FedAvg {
 public:
  AlgorithmTraits traits() const override { return {.pools_data = true}; }
};

}  // namespace brume::algorithms
