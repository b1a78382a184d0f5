#include "net/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "brume/error.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::size_t kMostBacklog = 256 << 10;

// Before both ends know each other an envelope is one field, and one of few: a short list cannot be blown up into a
// long one.
void require_greeting(std::span<const std::byte> bytes, bool from_parent) {
  using Field = wire::Envelope;
  ByteReader in(bytes);
  const auto field = in.varint() >> 3;
  if (in.varint() != in.left()) throw FormatError("an envelope holds more than one message");
  const std::initializer_list<std::uint64_t> both{Field::kRefusal, Field::kPing, Field::kPong};
  const std::initializer_list<std::uint64_t> down{Field::kWelcome, Field::kIssued, Field::kRevocations};
  const std::initializer_list<std::uint64_t> up{Field::kHello, Field::kReady, Field::kEnrol, Field::kRenew};
  const auto in_list = [&](const auto& list) { return std::find(list.begin(), list.end(), field) != list.end(); };
  if (!in_list(both) && !in_list(from_parent ? down : up))
    throw FormatError("a message came before the greeting was over");
}

}  // namespace

Session::Session(std::uint64_t id, Tcp::socket socket, const TlsContext& context, SessionLimits limits, Owner& owner)
    : id_(id),
      owner_(owner),
      limits_(limits),
      channel_(std::make_shared<Channel>(std::move(socket), context, limits.patience)),
      pinged_(std::chrono::steady_clock::now()),
      progress_checked_(pinged_) {}

Session::~Session() { channel_->close(); }

std::string Session::name() const {
  return peer() ? fmt::format("{} ({})", to_text(peer()->node), channel_->address()) : channel_->address();
}

void Session::open(MessageLimits most, Outbox::Unfinished outgoing, Incomings incoming) {
  open_ = true;
  channel_->set_most_payload(kMostPayload);
  outbox_.set_earlier(std::move(outgoing));
  inbox_ = Inbox(std::move(incoming));
  inbox_.set_most(most);
}

void Session::send(const Message& message) {
  if (!open_) return;
  outbox_.send(message, owner_.now());
  channel_->wake();
}

void Session::send(const wire::Envelope& envelope) {
  outbox_.send_envelope(envelope.SerializeAsString());
  channel_->wake();
}

void Session::drop(const TaskId& task) {
  outbox_.drop(task);
  channel_->wake();
}

void Session::refuse(RefusalCode code, const std::string& text, std::chrono::seconds retry_after) {
  wire::Envelope envelope;
  auto& refusal = *envelope.mutable_refusal();
  refusal.set_code(static_cast<std::uint32_t>(code));
  refusal.set_text(text);
  refusal.set_retry_after(static_cast<std::uint32_t>(retry_after.count()));
  send(envelope);
  channel_->close_when_sent(text);
}

bool Session::next_output(Bytes& out) {
  const bool found = outbox_.next(out, owner_.now());
  if (backlog_ && outbox_.short_bytes() < kMostBacklog / 2) {
    backlog_ = false;
    channel_->pause_reading(paused_);
  }
  return found;
}

void Session::pause_reading(bool paused) {
  paused_ = paused;
  channel_->pause_reading(paused_ || backlog_);
}

// Whoever asks without listening to the answers is not read any more.
void Session::mind_backlog() {
  if (outbox_.short_bytes() <= kMostBacklog) return;
  backlog_ = true;
  channel_->pause_reading(true);
}

void Session::require_open() const {
  if (!open_) throw FormatError("a message of the federation came before the greeting was over");
}

void Session::on_frame(const FrameView& frame) {
  switch (frame.kind) {
    case FrameKind::envelope:
      if (!open_ && !frame.payload.empty()) require_greeting(frame.payload, from_parent_);
      on_envelope(parse_envelope(frame.payload), {});
      return mind_backlog();
    case FrameKind::whole: {
      require_open();
      ByteReader in(frame.payload);
      const auto envelope = parse_envelope(in.take(in.u32()));
      if (!is_federation_message(envelope)) throw FormatError("an envelope about the session has frames behind it");
      return on_envelope(envelope, in.rest());
    }
    case FrameKind::chunk:
      require_open();
      return on_chunk(frame.payload);
  }
}

void Session::on_envelope(const wire::Envelope& envelope, std::span<const std::byte> frames) {
  if (is_federation_message(envelope)) {
    require_open();
    return owner_.on_message(*this, decode(envelope, frames, owner_.now()));
  }
  switch (envelope.body_case()) {
    case wire::Envelope::kPing: {
      wire::Envelope answer;
      answer.mutable_pong()->set_number(envelope.ping().number());
      return send(answer);
    }
    case wire::Envelope::kPong:
      return;
    case wire::Envelope::kBegin:
      require_open();
      return on_begin(envelope);
    case wire::Envelope::kProgress:
      require_open();
      outbox_.on_progress(envelope.progress().key(), envelope.progress().offset());
      return channel_->wake();
    case wire::Envelope::kAbort:
      require_open();
      return inbox_.abort(envelope.abort().key());
    case wire::Envelope::BODY_NOT_SET:
      return;  // of a later version, which says so in its hello
    default:
      owner_.on_envelope(*this, envelope);
  }
}

void Session::on_begin(const wire::Envelope& envelope) {
  const auto& begin = envelope.begin();
  const auto now = owner_.now();
  const auto there =
      inbox_.begin(begin.key(), begin.bytes(), begin.head_bytes(), deadline_from(begin.deadline(), now), now);
  confirm(begin.key(), there);
}

void Session::on_chunk(std::span<const std::byte> payload) {
  ByteReader in(payload);
  const auto key = in.u64();
  const auto offset = in.u64();
  progress_ += in.left();
  auto taken = inbox_.take(key, offset, in.rest());
  if (taken.confirm) confirm(key, *taken.confirm);
  if (taken.complete) owner_.on_message(*this, message_of(key, std::move(*taken.complete), owner_.now()));
}

void Session::confirm(std::uint64_t key, std::uint64_t offset) {
  wire::Envelope envelope;
  envelope.mutable_progress()->set_key(key);
  envelope.mutable_progress()->set_offset(offset);
  send(envelope);
}

void Session::tick(SteadyTime now) {
  channel_->check_deadlines(now);
  if (!channel_->secured()) return;
  if (now - pinged_ >= limits_.ping) {
    pinged_ = now;
    wire::Envelope envelope;
    envelope.mutable_ping()->set_number(++pings_);
    send(envelope);
  }
  if (open_) check_progress(now);
}

// A transfer that creeps holds memory that others could use.
void Session::check_progress(SteadyTime now) {
  const auto oldest = inbox_.oldest();
  if (!oldest || paused_ || backlog_) {  // it is not the sender's doing
    progress_checked_ = now;
    progress_ = 0;
    return;
  }
  if (owner_.now() - *oldest > limits_.longest_transfer)
    return refuse(RefusalCode::too_slow, "a transfer took too long", std::chrono::seconds(1));
  if (now - progress_checked_ < std::chrono::minutes(1)) return;
  if (progress_ < limits_.least_bytes_per_minute)
    return refuse(RefusalCode::too_slow, "a transfer hardly moves", std::chrono::seconds(1));
  progress_checked_ = now;
  progress_ = 0;
}

}  // namespace brume::net
