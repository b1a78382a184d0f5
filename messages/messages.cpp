#include "messages/messages.hpp"

#include <bit>

namespace brume {

namespace {

constexpr std::uint64_t kLengthPrefix = 4;
constexpr std::uint64_t kTag = 1;  // fields are numbered 1 … 15
constexpr std::uint64_t kDouble = 8;

std::uint64_t varint(std::uint64_t value) {
  return value == 0 ? 1 : (static_cast<std::uint64_t>(std::bit_width(value)) + 6) / 7;
}

// proto3 leaves out fields that are zero.
std::uint64_t integer_field(std::uint64_t value) { return value == 0 ? 0 : kTag + varint(value); }
std::uint64_t double_field(double value) { return value == 0 ? 0 : kTag + kDouble; }
std::uint64_t bytes_field(std::uint64_t length) { return length == 0 ? 0 : kTag + varint(length) + length; }

std::uint64_t task_field(const TaskId& task) {
  return bytes_field(integer_field(task.version) + integer_field(task.device) + integer_field(task.attempt));
}

struct ControlBytes {
  std::uint64_t operator()(const TaskMessage& message) const {
    const auto deadline = message.deadline == kNever ? 0 : message.deadline.time_since_epoch().count();
    return task_field(message.task) + integer_field(static_cast<std::uint64_t>(deadline)) +
           integer_field(message.model->size());
  }
  std::uint64_t operator()(const UpdateMessage& message) const {
    std::uint64_t bytes = task_field(message.task) + double_field(message.weight) + double_field(message.loss) +
                          integer_field(message.samples);
    for (const auto& vector : message.vectors)
      bytes += bytes_field(bytes_field(vector.name.size()) + integer_field(vector.frame->size()));
    for (const auto& scalar : message.scalars)
      bytes += bytes_field(bytes_field(scalar.name.size()) + double_field(scalar.value));
    return bytes;
  }
  std::uint64_t operator()(const FailedMessage& message) const {
    return task_field(message.task) + bytes_field(message.reason.size());
  }
  std::uint64_t operator()(const StoredMessage& message) const { return task_field(message.task); }
  std::uint64_t operator()(const SettledMessage& message) const {
    return task_field(message.task) + integer_field(static_cast<std::uint64_t>(message.outcome));
  }
};

std::uint64_t bulk_bytes(const Message& message) {
  if (const auto* task = std::get_if<TaskMessage>(&message)) return task->model->size();
  std::uint64_t bytes = 0;
  if (const auto* update = std::get_if<UpdateMessage>(&message))
    for (const auto& vector : update->vectors) bytes += vector.frame->size();
  return bytes;
}

}  // namespace

const TaskId& task_of(const Message& message) {
  return std::visit([](const auto& content) -> const TaskId& { return content.task; }, message);
}

std::uint64_t wire_bytes(const Message& message) {
  // The message is one field of an envelope.
  const std::uint64_t control = bytes_field(std::visit(ControlBytes{}, message));
  return kLengthPrefix + control + bulk_bytes(message);
}

}  // namespace brume
