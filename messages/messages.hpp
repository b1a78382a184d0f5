#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "brume/codec.hpp"
#include "brume/task.hpp"
#include "brume/time.hpp"
#include "brume/training.hpp"
#include "brume/update.hpp"

namespace brume {

/// A node of the federation's tree.
struct NodeId {
  enum class Role : std::uint8_t { cloud, fog, device };
  Role role = Role::cloud;
  std::uint64_t index = 0;

  static NodeId cloud() { return {}; }
  static NodeId device(DeviceIndex index) { return {Role::device, index}; }
  auto operator<=>(const NodeId&) const = default;
};

/// Down: train this. The model's frame is shared by all tasks of a version.
struct TaskMessage {
  TaskId task;
  Time deadline = kNever;
  Frame model;
};

/// Up: what the device learnt, encoded.
struct UpdateMessage {
  TaskId task;
  std::vector<EncodedVector> vectors;
  std::vector<NamedScalar> scalars;
  double weight = 0;
  double loss = 0;
  std::uint64_t samples = 0;
};

/// Up: the device could not do the task.
struct FailedMessage {
  TaskId task;
  std::string reason;
};

/// Down: the parent has the update durably; the sender may forget it.
struct StoredMessage {
  TaskId task;
};

/// Down, after the cloud's commit: how the task ended. Sent at least once for each task; a device acts on the first.
struct SettledMessage {
  TaskId task;
  Outcome outcome = Outcome::included;
};

using Message = std::variant<TaskMessage, UpdateMessage, FailedMessage, StoredMessage, SettledMessage>;

const TaskId& task_of(const Message& message);

/// Bytes that a message takes on the wire above TLS: a four-byte length, the control fields as Protobuf (proto3)
/// encodes them, and the frames as they are.
std::uint64_t wire_bytes(const Message& message);

}  // namespace brume
