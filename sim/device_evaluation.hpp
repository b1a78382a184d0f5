#pragma once

#include <memory>

#include "brume/training.hpp"
#include "client/client_store.hpp"
#include "federation/assembly.hpp"

namespace brume::sim {

/// Evaluates a model on devices' own examples, with what those devices keep: the same `count` devices each time, chosen
/// by the seed.
class DeviceEvaluation {
 public:
  DeviceEvaluation(const federation::Assembly& assembly, std::uint64_t count);
  bool wanted() const { return !devices_.empty(); }
  DeviceMetrics evaluate(Evaluator& evaluator, client::ClientStore& store,
                         const std::shared_ptr<const Parameters>& model) const;

 private:
  std::vector<DeviceIndex> devices_;
};

}  // namespace brume::sim
