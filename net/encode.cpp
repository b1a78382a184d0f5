#include "net/wire.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::size_t kReceiptBytes = 27;

// proto3 leaves out what is zero; so do we with a whole task that is.
template <class Body>
void put_task(const TaskId& task, Body& body) {
  if (!(task == TaskId{})) net::put_task(task, *body.mutable_task());
}

template <class Body>
void put_window(const RankWindow& window, Body& body) {
  if (window.first == 0 && window.last == 0) return;
  body.mutable_window()->set_first(window.first);
  body.mutable_window()->set_last(window.last);
}

template <class Field>
void put_ascending(const std::vector<std::uint64_t>& values, Field& field) {
  field.Reserve(static_cast<int>(values.size()));
  std::uint64_t last = 0;
  for (const auto value : values) field.Add(value - std::exchange(last, value));
}

template <class Field>
void put_vectors(const std::vector<EncodedVector>& vectors, Field& field) {
  for (const auto& vector : vectors) {
    auto& out = *field.Add();
    out.set_name(vector.name);
    out.set_bytes(vector.frame->size());
  }
}

std::string receipts_as_bytes(const std::vector<Receipt>& receipts) {
  ByteWriter out;
  out.reserve(receipts.size() * kReceiptBytes);
  for (const auto& receipt : receipts) {
    out.u64(receipt.device);
    out.f64(receipt.weight);
    out.u32(std::bit_cast<std::uint32_t>(receipt.loss));
    out.u32(receipt.milliseconds);
    out.u16(receipt.attempt);
    out.u8(static_cast<std::uint8_t>(receipt.status));
  }
  const auto bytes = out.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Writer {
  wire::Envelope& envelope;
  Time now;

  void operator()(const InviteMessage& message) const {
    auto& out = *envelope.mutable_invite();
    out.set_version(message.version);
    put_window(message.window, out);
  }
  void operator()(const TaskMessage& message) const {
    auto& out = *envelope.mutable_task();
    put_task(message.task, out);
    out.set_deadline(time_left(message.deadline, now));
    out.set_model_bytes(message.model->size());
    put_vectors(message.broadcast, *out.mutable_broadcast());
    out.set_oldest_open(message.oldest_open);
  }
  void operator()(const AssignMessage& message) const {
    auto& out = *envelope.mutable_assign();
    out.set_version(message.tasks.version);
    out.set_deadline(time_left(message.tasks.deadline, now));
    out.set_most_contributions(message.tasks.most_contributions);
    out.set_counts(message.tasks.counts);
    put_ascending(message.tasks.devices, *out.mutable_devices());
    out.set_model_bytes(message.model->size());
    put_vectors(message.broadcast, *out.mutable_broadcast());
    out.set_oldest_open(message.oldest_open);
  }
  void operator()(const CloseMessage& message) const {
    auto& out = *envelope.mutable_close();
    out.set_version(message.version);
    out.set_part(message.part);
    out.set_last(message.last);
  }
  void operator()(const StoredMessage& message) const { put_task(message.task, *envelope.mutable_stored()); }
  void operator()(const SettledMessage& message) const {
    auto& out = *envelope.mutable_settled();
    put_task(message.task, out);
    out.set_outcome(static_cast<std::uint32_t>(message.outcome));
  }
  void operator()(const OfferMessage& message) const {
    auto& out = *envelope.mutable_offer();
    out.set_version(message.version);
    put_window(message.window, out);
    put_ascending(message.ranks, *out.mutable_ranks());
  }
  void operator()(const UpdateMessage& message) const {
    auto& out = *envelope.mutable_update();
    put_task(message.task, out);
    out.set_weight(message.weight);
    out.set_loss(message.loss);
    out.set_samples(message.samples);
    out.set_duration(static_cast<std::uint64_t>(message.duration.count()));
    put_vectors(message.vectors, *out.mutable_vectors());
    for (const auto& scalar : message.scalars) {
      auto& field = *out.add_scalars();
      field.set_name(scalar.name);
      field.set_value(scalar.value);
    }
  }
  void operator()(const FailedMessage& message) const {
    auto& out = *envelope.mutable_failed();
    put_task(message.task, out);
    out.set_reason(message.reason);
  }
  void operator()(const CountMessage& message) const {
    auto& out = *envelope.mutable_count();
    out.set_version(message.version);
    out.set_folded(message.folded);
  }
  void operator()(const PartialMessage& message) const {
    auto& out = *envelope.mutable_partial();
    put_task(message.task, out);
    out.set_last(message.last);
    out.set_receipts(receipts_as_bytes(message.receipts));
    out.set_problem(message.problem);
    if (message.aggregate) out.set_aggregate_bytes(message.aggregate->size());
  }
  void operator()(const AcknowledgedMessage& message) const {
    put_task(message.task, *envelope.mutable_acknowledged());
  }
  void operator()(const RepeatMessage& message) const { put_task(message.task, *envelope.mutable_repeat()); }
  void operator()(const ModelMessage& message) const {
    envelope.mutable_model()->set_version(message.version);
    envelope.mutable_model()->set_model_bytes(message.model->size());
  }
};

}  // namespace

std::uint64_t time_left(Time deadline, Time now) {
  if (deadline == kNever || now == kNever) return 0;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, (deadline - now).count()));
}

Time deadline_of(const Message& message) {
  if (const auto* task = std::get_if<TaskMessage>(&message)) return task->deadline;
  if (const auto* assign = std::get_if<AssignMessage>(&message)) return assign->tasks.deadline;
  return kNever;
}

std::vector<Frame> frames_of(const Message& message) {
  std::vector<Frame> frames;
  const auto add = [&](const std::vector<EncodedVector>& vectors) {
    for (const auto& vector : vectors) frames.push_back(vector.frame);
  };
  if (const auto* task = std::get_if<TaskMessage>(&message)) {
    frames.push_back(task->model);
    add(task->broadcast);
  } else if (const auto* assign = std::get_if<AssignMessage>(&message)) {
    frames.push_back(assign->model);
    add(assign->broadcast);
  } else if (const auto* update = std::get_if<UpdateMessage>(&message)) {
    add(update->vectors);
  } else if (const auto* partial = std::get_if<PartialMessage>(&message); partial && partial->aggregate) {
    frames.push_back(partial->aggregate);
  } else if (const auto* model = std::get_if<ModelMessage>(&message)) {
    frames.push_back(model->model);
  }
  return frames;
}

std::uint64_t transfer_key(std::string_view envelope, const std::vector<Frame>& frames) {
  std::vector<std::uint32_t> sums;
  for (const auto& frame : frames) sums.push_back(crc32c(*frame));
  return transfer_key(envelope, sums);
}

std::uint64_t transfer_key(std::string_view envelope, std::span<const std::uint32_t> frame_sums) {
  const auto head = std::uint64_t{crc32c(std::as_bytes(std::span(envelope)))};
  return head << 32 | crc32c(std::as_bytes(frame_sums));
}

std::uint64_t Encoded::frame_bytes() const {
  return std::accumulate(frames.begin(), frames.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Frame& frame) { return sum + frame->size(); });
}

Encoded encode(const Message& message, Time now) {
  wire::Envelope envelope;
  std::visit(Writer{envelope, now}, message);
  return {envelope.SerializeAsString(), frames_of(message)};
}

void put_task(const TaskId& task, wire::Task& out) {
  out.set_version(task.version);
  out.set_device(task.device);
  out.set_attempt(task.attempt);
}

void put_layout(const Layout& layout, wire::Welcome& welcome) {
  for (const auto& tensor : layout.tensors()) {
    auto& out = *welcome.add_layout();
    out.set_name(tensor.name);
    for (const auto extent : tensor.shape) out.add_shape(extent);
    out.set_role(static_cast<std::uint32_t>(tensor.role));
  }
}

}  // namespace brume::net
