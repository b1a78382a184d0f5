#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "brume/parameters.hpp"
#include "brume/state.hpp"
#include "messages/messages.hpp"
#include "messages/report.hpp"

namespace brume {

// A role's records, in order, are enough to make it again: `restore` of each role takes them. A host may put the
// role's snapshot in the place of all records before it.

/// Which child answers for a device.
struct Route {
  DeviceIndex device = 0;
  NodeId child;
};

/// Cloud and fog: a version is open, or a fog node's next own round of one.
struct OpenedRecord {
  AssignMessage asked;        ///< of the devices below this node
  std::vector<Route> routes;  ///< empty where devices are the children
  Time opened;
};
/// Cloud and fog: an update has been folded. Its frames: the sum can be made again from them.
struct UpdateRecord {
  UpdateMessage update;
};
/// Cloud and fog: a task has been answered otherwise.
struct AnsweredRecord {
  TaskId task;
  Status status = Status::failed;
  std::string problem;
};
/// Cloud and fog: a part from a child has been merged, or refused.
struct PartialRecord {
  PartialMessage partial;
};
/// Fog: a part has been made for the parent; from now on it is exactly this.
struct PartRecord {
  PartialMessage part;
};
/// Cloud: the model has been stepped.
struct CommitRecord {
  Version version = 0;  ///< the new one
  std::shared_ptr<const Parameters> model;
  State server_state;
  std::vector<Version> closed;  ///< base versions that end with it: their outstanding tasks are late
  RoundReport report;
  /// What became of each task that ended with it or is in it, by base version: the model's own history.
  std::vector<std::pair<Version, std::vector<Receipt>>> receipts{};
};
/// Fog, of a part, and device, of a task: the parent's verdict.
struct SettledRecord {
  TaskId task;
  Outcome outcome = Outcome::included;
};
/// What a task leaves behind if it is included.
struct StagedState {
  State algorithm;
  State codec;  ///< a stock: fold_back() of the update's frames makes it what it is otherwise
};
/// Device: a task has taken the codec's stock out, and trains; or it was lost in a restart, and has given it back.
struct StockRecord {
  TaskId task;
  bool taken = true;
};
/// Device: a task has been answered; what it leaves behind is staged until it is settled.
struct TrainedRecord {
  TaskId task;
  Message answer;  ///< an UpdateMessage or a FailedMessage
  std::shared_ptr<const StagedState> staged;
};
/// Any role, whole: archived by the role itself.
struct SnapshotRecord {
  std::vector<std::byte> bytes;
};

/// A promise that must be on disk before it is made.
using Record = std::variant<OpenedRecord, UpdateRecord, AnsweredRecord, PartialRecord, PartRecord, CommitRecord,
                            SettledRecord, StockRecord, TrainedRecord, SnapshotRecord>;

}  // namespace brume
