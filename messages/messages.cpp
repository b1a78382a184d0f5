#include "messages/messages.hpp"

#include <bit>

namespace brume {

namespace {

constexpr std::uint64_t kLengthPrefix = 4;
constexpr std::uint64_t kTag = 1;  // fields are numbered 1 … 15
constexpr std::uint64_t kDouble = 8;
constexpr std::uint64_t kReceiptBytes = 8 + 8 + 4 + 4 + 2 + 1;

std::uint64_t varint(std::uint64_t value) {
  return value == 0 ? 1 : (static_cast<std::uint64_t>(std::bit_width(value)) + 6) / 7;
}

// proto3 leaves out fields that are zero.
std::uint64_t integer_field(std::uint64_t value) { return value == 0 ? 0 : kTag + varint(value); }
std::uint64_t double_field(double value) { return value == 0 ? 0 : kTag + kDouble; }
std::uint64_t bytes_field(std::uint64_t length) { return length == 0 ? 0 : kTag + varint(length) + length; }

// A packed field of ascending numbers, each as its distance from the one before.
std::uint64_t ascending_field(const std::vector<std::uint64_t>& values) {
  std::uint64_t bytes = 0;
  std::uint64_t last = 0;
  for (const auto value : values) bytes += varint(value - last), last = value;
  return bytes_field(bytes);
}

std::uint64_t time_field(Time time) {
  return time == kNever ? 0 : integer_field(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

std::uint64_t window_field(const RankWindow& window) {
  return bytes_field(integer_field(window.first) + integer_field(window.last));
}

std::uint64_t vectors_field(const std::vector<EncodedVector>& vectors) {
  std::uint64_t bytes = 0;
  for (const auto& vector : vectors)
    bytes += bytes_field(bytes_field(vector.name.size()) + integer_field(vector.frame->size()));
  return bytes;
}

std::uint64_t task_field(const TaskId& task) {
  return bytes_field(integer_field(task.version) + integer_field(task.device) + integer_field(task.attempt));
}

struct ControlBytes {
  std::uint64_t operator()(const InviteMessage& message) const {
    return integer_field(message.version) + window_field(message.window);
  }
  std::uint64_t operator()(const TaskMessage& message) const {
    return task_field(message.task) + time_field(message.deadline) + integer_field(message.model->size()) +
           vectors_field(message.broadcast) + integer_field(message.oldest_open);
  }
  std::uint64_t operator()(const AssignMessage& message) const {
    const auto& tasks = message.tasks;
    return integer_field(tasks.version) + time_field(tasks.deadline) + integer_field(tasks.most_contributions) +
           integer_field(tasks.counts ? 1 : 0) + ascending_field(tasks.devices) + integer_field(message.model->size()) +
           vectors_field(message.broadcast) + integer_field(message.oldest_open);
  }
  std::uint64_t operator()(const CloseMessage& message) const {
    return integer_field(message.version) + integer_field(message.part) + integer_field(message.last ? 1 : 0);
  }
  std::uint64_t operator()(const StoredMessage& message) const { return task_field(message.task); }
  std::uint64_t operator()(const SettledMessage& message) const {
    return task_field(message.task) + integer_field(static_cast<std::uint64_t>(message.outcome));
  }
  std::uint64_t operator()(const OfferMessage& message) const {
    return integer_field(message.version) + window_field(message.window) + ascending_field(message.ranks);
  }
  std::uint64_t operator()(const UpdateMessage& message) const {
    std::uint64_t bytes = task_field(message.task) + double_field(message.weight) + double_field(message.loss) +
                          integer_field(message.samples) +
                          integer_field(static_cast<std::uint64_t>(message.duration.count())) +
                          vectors_field(message.vectors);
    for (const auto& scalar : message.scalars)
      bytes += bytes_field(bytes_field(scalar.name.size()) + double_field(scalar.value));
    return bytes;
  }
  std::uint64_t operator()(const FailedMessage& message) const {
    return task_field(message.task) + bytes_field(message.reason.size());
  }
  std::uint64_t operator()(const CountMessage& message) const {
    return integer_field(message.version) + integer_field(message.folded);
  }
  std::uint64_t operator()(const PartialMessage& message) const {
    return task_field(message.task) + integer_field(message.last ? 1 : 0) +
           bytes_field(message.receipts.size() * kReceiptBytes) + bytes_field(message.problem.size()) +
           integer_field(message.aggregate ? message.aggregate->size() : 0);
  }
  std::uint64_t operator()(const AcknowledgedMessage& message) const { return task_field(message.task); }
  std::uint64_t operator()(const RepeatMessage& message) const { return task_field(message.task); }
  std::uint64_t operator()(const ModelMessage& message) const {
    return integer_field(message.version) + integer_field(message.model->size());
  }
};

std::uint64_t frame_bytes(const std::vector<EncodedVector>& vectors) {
  std::uint64_t bytes = 0;
  for (const auto& vector : vectors) bytes += vector.frame->size();
  return bytes;
}

struct BulkBytes {
  std::uint64_t operator()(const TaskMessage& message) const {
    return message.model->size() + frame_bytes(message.broadcast);
  }
  std::uint64_t operator()(const AssignMessage& message) const {
    return message.model->size() + frame_bytes(message.broadcast);
  }
  std::uint64_t operator()(const UpdateMessage& message) const { return frame_bytes(message.vectors); }
  std::uint64_t operator()(const PartialMessage& message) const {
    return message.aggregate ? message.aggregate->size() : 0;
  }
  std::uint64_t operator()(const ModelMessage& message) const { return message.model->size(); }
  template <class Other>
  std::uint64_t operator()(const Other& /*message*/) const {
    return 0;
  }
};

struct TaskOf {
  TaskId operator()(const InviteMessage& message) const { return {message.version, 0, 0}; }
  TaskId operator()(const AssignMessage& message) const { return {message.tasks.version, 0, 0}; }
  TaskId operator()(const CloseMessage& message) const { return {message.version, 0, 0}; }
  TaskId operator()(const OfferMessage& message) const { return {message.version, 0, 0}; }
  TaskId operator()(const CountMessage& message) const { return {message.version, 0, 0}; }
  TaskId operator()(const ModelMessage& message) const { return {message.version, 0, 0}; }
  template <class Other>
  TaskId operator()(const Other& message) const {
    return message.task;
  }
};

}  // namespace

TaskId task_of(const Message& message) { return std::visit(TaskOf{}, message); }

std::uint64_t payload_bytes(const Message& message) { return std::visit(BulkBytes{}, message); }

std::string_view name_of(const Message& message) {
  constexpr std::string_view kNames[] = {"invite", "task",   "assign", "close",   "stored",       "settled", "offer",
                                         "update", "failed", "count",  "partial", "acknowledged", "repeat",  "model"};
  static_assert(std::size(kNames) == std::variant_size_v<Message>);
  return kNames[message.index()];
}

std::uint64_t wire_bytes(const Message& message) {
  // The message is one field of an envelope, which says what it is even when all of its own fields are zero.
  const std::uint64_t control = std::visit(ControlBytes{}, message);
  return kLengthPrefix + kTag + varint(control) + control + payload_bytes(message);
}

}  // namespace brume
