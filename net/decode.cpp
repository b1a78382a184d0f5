#include "net/wire.hpp"

#include <algorithm>
#include <bit>

#include "core/bytes.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::size_t kReceiptBytes = 27;
constexpr std::size_t kMostNames = 256;

RankWindow window_from(const wire::Window& window) {
  if (window.last() < window.first()) throw FormatError("a window of ranks ends before it begins");
  return {window.first(), window.last()};
}

template <class Field>
std::vector<std::uint64_t> ascending_from(const Field& field) {
  std::vector<std::uint64_t> values;
  values.reserve(static_cast<std::size_t>(field.size()));
  for (const auto distance : field) {
    if (!values.empty() && (distance == 0 || distance > UINT64_MAX - values.back()))
      throw FormatError("numbers are not in ascending order");
    values.push_back(values.empty() ? distance : values.back() + distance);
  }
  return values;
}

// Takes the frames that a message says are behind it, one after the other.
class Frames {
 public:
  explicit Frames(std::span<const std::byte> bytes) : left_(bytes) {}
  explicit Frames(Bytes bytes) : owned_(std::move(bytes)), left_(owned_) {}
  Frame take(std::uint64_t bytes) {
    if (bytes > left_.size()) throw FormatError("a frame is shorter than its message says");
    if (bytes == owned_.size() && bytes > 0) {  // the only one: it need not be copied
      left_ = {};
      return std::make_shared<const Bytes>(std::move(owned_));
    }
    const auto taken = left_.first(static_cast<std::size_t>(bytes));
    left_ = left_.subspan(taken.size());
    return std::make_shared<const Bytes>(taken.begin(), taken.end());
  }
  template <class Field>
  std::vector<EncodedVector> take_vectors(const Field& field) {
    if (static_cast<std::size_t>(field.size()) > kMostNames) throw FormatError("a message has too many vectors");
    std::vector<EncodedVector> vectors;
    for (const auto& vector : field) vectors.push_back({vector.name(), take(vector.bytes())});
    return vectors;
  }
  void expect_end() const {
    if (!left_.empty()) throw FormatError("bytes follow the frames of a message");
  }

 private:
  Bytes owned_;
  std::span<const std::byte> left_;
};

std::vector<Receipt> receipts_from(const std::string& bytes) {
  if (bytes.size() % kReceiptBytes != 0) throw FormatError("receipts are cut off");
  ByteReader in(std::as_bytes(std::span(bytes)));
  std::vector<Receipt> receipts(bytes.size() / kReceiptBytes);
  for (auto& receipt : receipts) {
    receipt.device = in.u64();
    receipt.weight = in.f64();
    receipt.loss = std::bit_cast<float>(in.u32());
    receipt.milliseconds = in.u32();
    receipt.attempt = in.u16();
    const auto status = in.u8();
    if (status > static_cast<std::uint8_t>(Status::late)) throw FormatError("a receipt has an unknown status");
    receipt.status = static_cast<Status>(status);
  }
  return receipts;
}

Message read(const wire::TaskOrder& in, Frames& frames, Time now) {
  TaskMessage message{task_from(in.task()), deadline_from(in.deadline(), now), frames.take(in.model_bytes())};
  message.broadcast = frames.take_vectors(in.broadcast());
  message.oldest_open = in.oldest_open();
  return message;
}

Message read(const wire::Assign& in, Frames& frames, Time now) {
  AssignMessage message;
  message.tasks = {in.version(),
                   0,
                   deadline_from(in.deadline(), now),
                   in.most_contributions(),
                   in.counts(),
                   ascending_from(in.devices())};
  message.model = frames.take(in.model_bytes());
  message.broadcast = frames.take_vectors(in.broadcast());
  message.oldest_open = in.oldest_open();
  return message;
}

Message read(const wire::Update& in, Frames& frames) {
  if (static_cast<std::size_t>(in.scalars_size()) > kMostNames) throw FormatError("an update has too many scalars");
  const auto duration = std::min(in.duration(), static_cast<std::uint64_t>(Duration::max().count()));
  UpdateMessage message{task_from(in.task()),
                        frames.take_vectors(in.vectors()),
                        {},
                        in.weight(),
                        in.loss(),
                        in.samples(),
                        Duration(static_cast<std::int64_t>(duration))};
  for (const auto& scalar : in.scalars()) message.scalars.push_back({scalar.name(), scalar.value()});
  return message;
}

Message read(const wire::Partial& in, Frames& frames) {
  PartialMessage message{task_from(in.task()), in.last(), receipts_from(in.receipts()), nullptr, in.problem()};
  if (in.aggregate_bytes() > 0) message.aggregate = frames.take(in.aggregate_bytes());
  return message;
}

Message read(const wire::Envelope& in, Frames& frames, Time now) {
  switch (in.body_case()) {
    case wire::Envelope::kInvite:
      return InviteMessage{in.invite().version(), window_from(in.invite().window())};
    case wire::Envelope::kTask:
      return read(in.task(), frames, now);
    case wire::Envelope::kAssign:
      return read(in.assign(), frames, now);
    case wire::Envelope::kClose:
      return CloseMessage{in.close().version(), in.close().part(), in.close().last()};
    case wire::Envelope::kStored:
      return StoredMessage{task_from(in.stored().task())};
    case wire::Envelope::kSettled:
      return SettledMessage{task_from(in.settled().task()), outcome_from(in.settled().outcome())};
    case wire::Envelope::kOffer:
      return OfferMessage{in.offer().version(), window_from(in.offer().window()), ascending_from(in.offer().ranks())};
    case wire::Envelope::kUpdate:
      return read(in.update(), frames);
    case wire::Envelope::kFailed:
      return FailedMessage{task_from(in.failed().task()), in.failed().reason()};
    case wire::Envelope::kCount:
      return CountMessage{in.count().version(), in.count().folded()};
    case wire::Envelope::kPartial:
      return read(in.partial(), frames);
    case wire::Envelope::kAcknowledged:
      return AcknowledgedMessage{task_from(in.acknowledged().task())};
    case wire::Envelope::kRepeat:
      return RepeatMessage{task_from(in.repeat().task())};
    case wire::Envelope::kModel:
      return ModelMessage{in.model().version(), frames.take(in.model().model_bytes())};
    default:
      throw FormatError("an envelope holds no message of the federation");
  }
}

Message read_all(const wire::Envelope& envelope, Frames frames, Time now) {
  auto message = read(envelope, frames, now);
  frames.expect_end();
  return message;
}

}  // namespace

Time deadline_from(std::uint64_t left, Time now) {
  constexpr auto kMost = static_cast<std::uint64_t>(Duration::max().count());
  return left == 0 ? kNever : after(now, Duration(static_cast<std::int64_t>(std::min(left, kMost))));
}

TaskId task_from(const wire::Task& task) { return {task.version(), task.device(), task.attempt()}; }

Outcome outcome_from(std::uint32_t number) {
  if (number > static_cast<std::uint32_t>(Outcome::failed)) throw FormatError("a verdict is unknown");
  return static_cast<Outcome>(number);
}

void set_deadline(Message& message, Time deadline) {
  if (auto* task = std::get_if<TaskMessage>(&message)) task->deadline = deadline;
  if (auto* assign = std::get_if<AssignMessage>(&message)) assign->tasks.deadline = deadline;
}

wire::Envelope parse_envelope(std::span<const std::byte> bytes) {
  wire::Envelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw FormatError("an envelope cannot be read");
  return envelope;
}

Message decode(const wire::Envelope& envelope, std::span<const std::byte> bytes, Time now) {
  return read_all(envelope, Frames(bytes), now);
}

Message decode(const wire::Envelope& envelope, Bytes&& bytes, Time now) {
  return read_all(envelope, Frames(std::move(bytes)), now);
}

bool is_federation_message(const wire::Envelope& envelope) {
  return envelope.body_case() >= wire::Envelope::kInvite && envelope.body_case() <= wire::Envelope::kModel;
}

LayoutPointer take_layout(const wire::Welcome& welcome) {
  std::vector<TensorSpec> tensors;
  for (const auto& in : welcome.layout()) {
    if (in.role() > static_cast<std::uint32_t>(TensorRole::buffer)) throw FormatError("a tensor's role is unknown");
    TensorSpec tensor;
    tensor.name = in.name();
    tensor.shape.assign(in.shape().begin(), in.shape().end());
    tensor.role = static_cast<TensorRole>(in.role());
    tensors.push_back(std::move(tensor));
  }
  return std::make_shared<const Layout>(std::move(tensors));
}

}  // namespace brume::net
