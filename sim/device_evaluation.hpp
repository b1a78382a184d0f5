#pragma once

#include <map>
#include <memory>
#include <vector>

#include "brume/training.hpp"
#include "client/client_store.hpp"
#include "federation/assembly.hpp"
#include "messages/records.hpp"

namespace brume::sim {

/// Evaluates a model on devices' own examples, with what those devices keep once they have heard the commit that made
/// it: the same `count` devices each time, chosen by the seed.
class DeviceEvaluation {
 public:
  DeviceEvaluation(const federation::Assembly& assembly, std::uint64_t count);
  bool wanted() const { return !devices_.empty(); }
  /// Notes whose updates are in the model that is to be evaluated next.
  void note(const Record& record);
  DeviceMetrics evaluate(Evaluator& evaluator, client::ClientStore& store,
                         const std::shared_ptr<const Parameters>& model) const;

  template <class Archive>
  void describe(Archive& archive) {
    archive(included_);
  }

 private:
  std::vector<DeviceIndex> devices_;
  std::map<DeviceIndex, TaskId> included_;  // by the last commit; the verdicts are on their way
};

}  // namespace brume::sim
