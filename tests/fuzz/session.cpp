// What a node makes of the bytes that come out of TLS: frames, envelopes, transfers, messages. The input is a stream,
// cut into pieces; whatever happens, no more is held than has come.
#include <algorithm>
#include <cstdlib>

#include "brume/error.hpp"
#include "net/framing.hpp"
#include "net/inbox.hpp"
#include "net/outbox.hpp"
#include "net/wire.hpp"
#include "net/wire.pb.h"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace brume;
using namespace brume::net;

constexpr std::uint64_t kMostBytes = 1 << 20;

class Receiver {
 public:
  Receiver() { inbox_.set_most({kMostBytes, kMostBytes / 16}); }
  void take(const FrameView& frame) {
    ByteReader in(frame.payload);
    if (frame.kind == FrameKind::chunk) {
      const auto key = in.u64();
      const auto offset = in.u64();
      const auto taken = inbox_.take(key, offset, in.rest());
      if (taken.complete) use(message_of(key, *taken.complete, Time{}));
    } else if (frame.kind == FrameKind::whole) {
      const auto envelope = parse_envelope(in.take(in.u32()));
      if (is_federation_message(envelope)) use(decode(envelope, in.rest(), Time{}));
    } else {
      take_envelope(parse_envelope(frame.payload));
    }
  }

 private:
  void take_envelope(const wire::Envelope& envelope) {
    if (is_federation_message(envelope)) return use(decode(envelope, std::span<const std::byte>(), Time{}));
    if (envelope.has_begin())
      (void)inbox_.begin(envelope.begin().key(), envelope.begin().bytes(), envelope.begin().head_bytes(), kNever,
                         Time{});
    if (envelope.has_abort()) inbox_.abort(envelope.abort().key());
    if (envelope.has_welcome()) (void)take_layout(envelope.welcome());
  }
  // What was believed can be said again.
  static void use(const Message& message) {
    const auto again = encode(message, Time{});
    if (again.frame_bytes() != payload_bytes(message)) std::abort();
  }
  Inbox inbox_;
};

std::vector<std::uint8_t> stream_of(const std::vector<Message>& messages) {
  Outbox outbox;
  for (const auto& message : messages) outbox.send(message, Time{});
  Bytes bytes;
  while (outbox.next(bytes, Time{})) {
  }
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {first, first + bytes.size()};
}

Frame frame_of(std::size_t bytes) { return std::make_shared<const Bytes>(bytes, std::byte{3}); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  Receiver receiver;
  FrameParser parser(kMostPayload);
  const std::size_t step = size == 0 ? 1 : 1 + data[0];
  try {
    for (std::size_t at = 0; at < bytes.size(); at += step)
      parser.feed(bytes.subspan(at, std::min(step, bytes.size() - at)),
                  [&](const FrameView& frame) { receiver.take(frame); });
  } catch (const brume::FormatError&) {
  }
  if (parser.held() > size) std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  const TaskId task{3, 5, 0};
  AssignMessage assign;
  assign.tasks = {3, 0, kNever, 10, true, {1, 2, 7}};
  assign.model = frame_of(10);
  return {stream_of({InviteMessage{1, {0, 9}}, OfferMessage{1, {0, 9}, {0, 3, 4}}, CountMessage{1, 2}}),
          stream_of({TaskMessage{task, kNever, frame_of(40)}, assign, CloseMessage{1, 0, true}}),
          stream_of({UpdateMessage{task, {{"delta", frame_of(30)}}, {{"a", 1}}, 1, 1, 1, Duration(1)}}),
          stream_of({PartialMessage{task, true, {Receipt{}}, frame_of(9), ""}, StoredMessage{task},
                     SettledMessage{task, Outcome::late}, AcknowledgedMessage{task}, FailedMessage{task, "why"},
                     RepeatMessage{task}, ModelMessage{3, frame_of(7)}}),
          stream_of({TaskMessage{task, kNever, frame_of(20'000)}})};
}
