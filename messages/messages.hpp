#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "brume/codec.hpp"
#include "brume/selection.hpp"
#include "brume/task.hpp"
#include "brume/time.hpp"
#include "brume/training.hpp"
#include "brume/update.hpp"

namespace brume {

/// A node of the federation's tree. Fog nodes are numbered through all tiers, the cloud's neighbours first.
struct NodeId {
  enum class Role : std::uint8_t { cloud, fog, device };
  Role role = Role::cloud;
  std::uint64_t index = 0;

  static NodeId cloud() { return {}; }
  static NodeId fog(std::uint64_t index) { return {Role::fog, index}; }
  static NodeId device(DeviceIndex index) { return {Role::device, index}; }
  auto operator<=>(const NodeId&) const = default;
};

/// What has become of a task below some node.
enum class Status : std::uint8_t { outstanding, folded, refused, failed, late };

/// A task in a node's books: all that stays of an update once it is folded. 32 bytes, 27 on the wire.
struct Receipt {
  DeviceIndex device = 0;  ///< or, of a partial, the fog node
  double weight = 0;
  float loss = 0;
  std::uint32_t milliseconds = 0;  ///< that the device trained
  std::uint32_t child = 0;         ///< the fog node below which it is; not on the wire
  std::uint16_t attempt = 0;       ///< or, of a partial, its part
  Status status = Status::outstanding;
  bool acknowledged = false;  ///< not on the wire

  TaskId task(Version version) const { return {version, device, attempt}; }
  bool operator==(const Receipt&) const = default;
};
static_assert(sizeof(Receipt) <= 32);

/// What the cloud asks of the devices below one node, from one base version.
struct TaskSet {
  Version version = 0;
  std::uint32_t attempt = 0;             ///< a lowest fog node's own round
  Time deadline = kNever;                ///< by when the asking node wants it
  std::uint64_t most_contributions = 1;  ///< of the version, over the whole tree: fixes the grid of its sums
  bool counts = false;                   ///< whether to report how many have been folded
  std::vector<DeviceIndex> devices;      ///< in ascending order
};

// ---- Down ----------------------------------------------------------------------------------------------------------

/// To a fog node: which of your devices in these ranks are available?
struct InviteMessage {
  Version version = 0;
  RankWindow window;
};

/// To a device: train this. The frames are shared by all tasks of a version.
struct TaskMessage {
  TaskId task;
  Time deadline = kNever;
  Frame model;
  std::vector<EncodedVector> broadcast{};
  Version oldest_open = 0;  ///< as in AssignMessage: verdicts on older versions come before this task starts
};

/// To a fog node: have these devices train this.
struct AssignMessage {
  TaskSet tasks;
  Frame model;
  std::vector<EncodedVector> broadcast{};
  Version oldest_open = 0;  ///< of the cloud: it has committed all older versions and will not ask for them again
};

/// To a fog node: send what has been folded of this version as your next part, unless that is under way.
struct CloseMessage {
  Version version = 0;
  std::uint32_t part = 0;  ///< the part that is meant
  bool last = true;        ///< tasks that are outstanding are late
};

/// The parent has the update or the partial durably; the sender may forget it. `task` of a partial: {version, fog node,
/// part}, here and below.
struct StoredMessage {
  TaskId task;
};

/// After the cloud's commit: how it ended. Sent until it is acknowledged; the receiver acts on the first.
struct SettledMessage {
  TaskId task;
  Outcome outcome = Outcome::included;
};

/// To a device: there was no room for its answer when it came; send it once more.
struct RepeatMessage {
  TaskId task;
};

/// To whoever asked for it: the newest model. Nothing is to be trained: it is for use.
struct ModelMessage {
  Version version = 0;
  Frame model;
};

// ---- Up ------------------------------------------------------------------------------------------------------------

/// The ranks of available devices in the window, in ascending order.
struct OfferMessage {
  Version version = 0;
  RankWindow window;
  std::vector<std::uint64_t> ranks;
};

/// What the device learnt, encoded.
struct UpdateMessage {
  TaskId task;
  std::vector<EncodedVector> vectors;
  std::vector<NamedScalar> scalars;
  double weight = 0;
  double loss = 0;
  std::uint64_t samples = 0;
  Duration duration{};  ///< of the training
};

/// The device could not do the task.
struct FailedMessage {
  TaskId task;
  std::string reason;
};

/// How many updates have been folded below the sender, in all parts of the version together.
struct CountMessage {
  Version version = 0;
  std::uint64_t folded = 0;
};

/// What has been folded below the sender since its last part.
struct PartialMessage {
  TaskId task;                    ///< {version, fog node, part}
  bool last = false;              ///< no part of this version follows
  std::vector<Receipt> receipts;  ///< of the tasks that were answered, in ascending order
  Frame aggregate;                ///< Aggregate::encode(); empty if nothing was folded
  std::string problem;            ///< why the first refused or failed task was, or ""
};

/// The sender has acted on a `settled`; the parent may forget it.
struct AcknowledgedMessage {
  TaskId task;
};

using Message = std::variant<InviteMessage, TaskMessage, AssignMessage, CloseMessage, StoredMessage, SettledMessage,
                             OfferMessage, UpdateMessage, FailedMessage, CountMessage, PartialMessage,
                             AcknowledgedMessage, RepeatMessage, ModelMessage>;

/// What a receiver takes: no message is longer, with its frames and without.
struct MessageLimits {
  std::uint64_t bytes = 0;
  std::uint64_t head_bytes = 0;
};

/// The task that a message is about; of messages about a whole version, {version, 0, 0}.
TaskId task_of(const Message& message);

/// Bytes that a message takes on the wire above TLS: a four-byte length, the control fields as Protobuf (proto3)
/// encodes them, and the frames as they are.
std::uint64_t wire_bytes(const Message& message);

/// Of which are frames.
std::uint64_t payload_bytes(const Message& message);

/// "task", "update", …, the kind of a message.
std::string_view name_of(const Message& message);

}  // namespace brume
