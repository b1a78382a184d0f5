#pragma once

#include <map>
#include <optional>
#include <vector>

#include "messages/messages.hpp"
#include "storage/store.hpp"

namespace brume::net {

/// A device that moves from one node above to another: which of its tasks are whose. What it did elsewhere counts there
/// or not at all; what became of it, it asks the aggregator by way of the node it is at. Remembered in the store.
class Homes {
 public:
  /// Before the store starts.
  explicit Homes(storage::Store& store);

  /// The device is at `node` now; `open` are its tasks that are not settled. Those of the node that it comes from stay
  /// that node's; those of `node` are no longer elsewhere.
  void arrive(NodeId node, const std::vector<TaskId>& open);
  bool elsewhere(const TaskId& task) const { return away_.count(task) > 0; }
  std::vector<TaskId> tasks_elsewhere() const;
  void forget(const TaskId& task);

 private:
  void remember();
  storage::Store& store_;
  std::optional<NodeId> home_;
  std::map<TaskId, NodeId> away_;
};

}  // namespace brume::net
