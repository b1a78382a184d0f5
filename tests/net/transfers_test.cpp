#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "brume/random.hpp"
#include "messages/describe.hpp"
#include "net/framing.hpp"
#include "net/inbox.hpp"
#include "net/outbox.hpp"
#include "net/wire.pb.h"

namespace brume::net {
namespace {

Frame random_frame(std::size_t bytes, std::uint64_t seed) {
  Stream random(seed, Purpose::plugin);
  auto frame = std::make_shared<Bytes>(bytes);
  for (auto& byte : *frame) byte = static_cast<std::byte>(random.next());
  return frame;
}

UpdateMessage update_of(std::size_t bytes, std::uint64_t seed) {
  return {{1, seed, 0}, {{"delta", random_frame(bytes, seed)}}, {}, 1, 1, 1, Duration(1)};
}

// What goes from one side to the other, frame by frame.
struct Receiver {
  Inbox inbox;
  Outbox* sender = nullptr;
  std::vector<Message> messages;
  std::uint64_t chunk_bytes = 0;
  std::vector<wire::Envelope> envelopes;

  Receiver() { inbox.set_most({100 << 20, 1 << 20}); }
  void take(const Bytes& bytes) {
    FrameParser parser(kMostPayload);
    parser.feed(bytes, [this](const FrameView& frame) { take(frame); });
    EXPECT_EQ(parser.held(), 0U);
  }
  void take(const FrameView& frame) {
    ByteReader in(frame.payload);
    if (frame.kind == FrameKind::chunk) return take_chunk(in);
    std::span<const std::byte> rest;
    auto envelope_bytes = frame.payload;
    if (frame.kind == FrameKind::whole) {
      envelope_bytes = in.take(in.u32());
      rest = in.rest();
    }
    const auto envelope = parse_envelope(envelope_bytes);
    if (is_federation_message(envelope)) return messages.push_back(decode(envelope, rest, Time{}));
    if (envelope.has_begin()) {
      const auto& begin = envelope.begin();
      const auto there = inbox.begin(begin.key(), begin.bytes(), begin.head_bytes(), kNever, Time{});
      if (sender) sender->on_progress(begin.key(), there);
    }
    if (envelope.has_abort()) inbox.abort(envelope.abort().key());
    envelopes.push_back(envelope);
  }
  void take_chunk(ByteReader& in) {
    const auto key = in.u64();
    const auto offset = in.u64();
    chunk_bytes += in.left();
    const auto taken = inbox.take(key, offset, in.rest());
    if (taken.confirm && sender) sender->on_progress(key, *taken.confirm);
    if (taken.complete) messages.push_back(message_of(key, *taken.complete, Time{}));
  }
};

bool pass_one(Outbox& from, Receiver& to) {
  Bytes bytes;
  if (!from.next(bytes, Time{})) return false;
  to.take(bytes);
  return true;
}

TEST(Transfers, BringShortAndLongMessages) {
  Outbox outbox;
  Receiver receiver;
  receiver.sender = &outbox;
  std::vector<Message> sent;
  for (const std::size_t bytes : {0, 1, 16'000, 16'384, 16'385, 300'000, 5'000'000}) {
    sent.emplace_back(update_of(bytes, bytes + 1));
    outbox.send(sent.back(), Time{});
  }
  while (pass_one(outbox, receiver)) {
  }
  EXPECT_TRUE(outbox.idle());
  ASSERT_EQ(receiver.messages.size(), sent.size());
  for (const auto& message : sent) {
    const auto same = [&](const Message& other) { return archived(other) == archived(message); };
    EXPECT_EQ(std::count_if(receiver.messages.begin(), receiver.messages.end(), same), 1);
  }
}

TEST(Transfers, NeverHoldUpWhatIsShort) {
  Outbox outbox;
  Receiver receiver;
  receiver.sender = &outbox;
  outbox.send(update_of(5'000'000, 1), Time{});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pass_one(outbox, receiver));
  wire::Envelope ping;
  ping.mutable_ping()->set_number(42);
  outbox.send_envelope(ping.SerializeAsString());
  ASSERT_TRUE(pass_one(outbox, receiver));
  EXPECT_TRUE(receiver.envelopes.back().has_ping());
}

TEST(Transfers, StopAWindowAheadOfWhatIsConfirmed) {
  Outbox outbox;
  Receiver deaf;  // confirms nothing
  outbox.send(update_of(20'000'000, 1), Time{});
  while (pass_one(outbox, deaf)) {
  }
  EXPECT_LE(deaf.chunk_bytes, Outbox::kWindow + kChunk);
  EXPECT_GE(deaf.chunk_bytes, Outbox::kWindow);
}

// Connections that break at random places: what was confirmed is not sent a second time.
TEST(Transfers, GoOnWhereTheyStopped) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Stream random(seed, Purpose::plugin, 1);
    const Message message = update_of(3'000'000, seed);
    Outbox::Unfinished outgoing;
    Incomings incoming;
    std::uint64_t sent = 0;
    int connections = 0;
    bool arrived = false;
    while (!arrived) {
      ++connections;
      Outbox outbox;
      outbox.set_earlier(std::exchange(outgoing, {}));
      Receiver receiver;
      receiver.inbox = Inbox(std::exchange(incoming, {}));
      receiver.inbox.set_most({100 << 20, 1 << 20});
      receiver.sender = &outbox;
      outbox.send(message, Time{});
      for (auto left = random.below(150); left > 0 && pass_one(outbox, receiver); --left) {
      }
      arrived = !receiver.messages.empty();
      if (arrived) {
        EXPECT_EQ(archived(receiver.messages.front()), archived(message));
      }
      sent += receiver.chunk_bytes;
      outgoing = outbox.unfinished();
      incoming = receiver.inbox.release();
    }
    EXPECT_LE(sent, 3'000'100 + static_cast<std::uint64_t>(connections) * Inbox::kConfirmEvery);
  }
}

TEST(Transfers, AreAnnouncedNoMoreThanAReceiverHolds) {
  Outbox outbox;
  Receiver receiver;
  receiver.sender = &outbox;
  for (std::uint64_t i = 0; i < 30; ++i) outbox.send(update_of(50'000, i), Time{});
  while (pass_one(outbox, receiver)) {
  }
  EXPECT_EQ(receiver.messages.size(), 30U);
}

TEST(Transfers, AreDroppedWithTheirTask) {
  Outbox outbox;
  Receiver receiver;
  receiver.sender = &outbox;
  outbox.send(update_of(1'000'000, 1), Time{});
  for (int i = 0; i < 5; ++i) pass_one(outbox, receiver);
  outbox.drop({1, 1, 0});
  while (pass_one(outbox, receiver)) {
  }
  EXPECT_TRUE(outbox.idle());
  EXPECT_TRUE(receiver.messages.empty());
  EXPECT_FALSE(receiver.inbox.oldest());
}

// The same frame with fewer bytes behind its header.
Bytes cut(const Bytes& frame, std::size_t payload) {
  Bytes shorter;
  append_frame_header(static_cast<FrameKind>(frame[0]), payload, shorter);
  shorter.insert(shorter.end(), frame.begin() + kFrameHeader,
                 frame.begin() + static_cast<std::ptrdiff_t>(kFrameHeader + payload));
  return shorter;
}

// A hundred thousand transfers whose frames are repeated, swapped, left out, cut or changed behind their headers: none
// of them becomes a message that was not sent. What comes before a chunk says what it is; that is for TLS to keep.
TEST(Transfers, BelieveNothingThatWasNotSent) {
  const Message message = update_of(60'000, 1);
  Outbox outbox;
  outbox.send(message, Time{});
  std::vector<Bytes> frames;
  for (Bytes frame; outbox.next(frame, Time{}); frame = {}) frames.push_back(frame);
  const auto sent = archived(message);
  int refused = 0;
  int arrived = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    Stream random(i, Purpose::plugin, 2);
    auto hostile = frames;
    const auto any = [&] { return random.below(hostile.size()); };
    switch (random.below(5)) {
      case 0:
        std::swap(hostile[any()], hostile[any()]);
        break;
      case 1:
        hostile.insert(hostile.begin() + static_cast<std::ptrdiff_t>(any()), hostile[any()]);
        break;
      case 2:
        hostile.erase(hostile.begin() + static_cast<std::ptrdiff_t>(any()));
        break;
      case 3: {
        auto& chunk = hostile[1 + random.below(hostile.size() - 1)];
        chunk = cut(chunk, random.below(chunk.size() - kFrameHeader));
        break;
      }
      default:
        auto& chunk = hostile[1 + random.below(hostile.size() - 1)];
        chunk[kFrameHeader + random.below(chunk.size() - kFrameHeader)] ^=
            static_cast<std::byte>(1 + random.below(255));
    }
    Receiver receiver;
    FrameParser parser(kMostPayload);
    try {
      for (const auto& frame : hostile) parser.feed(frame, [&](const FrameView& view) { receiver.take(view); });
    } catch (const FormatError&) {
      ++refused;
    }
    for (const auto& one : receiver.messages) {
      ++arrived;
      ASSERT_EQ(archived(one), sent);
    }
  }
  EXPECT_GT(refused, 30'000);
  EXPECT_GT(arrived, 1'000) << "what was only repeated still arrives";
}

TEST(Transfers, RefuseWhatIsTooLongBeforeTheyHoldIt) {
  Inbox inbox;
  inbox.set_most({1000, 100});
  EXPECT_THROW((void)inbox.begin(1, 1001, 10, kNever, Time{}), FormatError);
  EXPECT_THROW((void)inbox.begin(1, 10, 11, kNever, Time{}), FormatError);
  for (std::uint64_t key = 0; key < Inbox::kMostTransfers; ++key) (void)inbox.begin(key, 1000, 10, kNever, Time{});
  EXPECT_THROW((void)inbox.begin(99, 1000, 10, kNever, Time{}), FormatError);
  EXPECT_THROW((void)inbox.begin(0, 1000, 101, kNever, Time{}), FormatError);
  Inbox later(inbox.release());  // what an earlier connection left makes room
  later.set_most({1000, 100});
  EXPECT_EQ(later.begin(99, 1000, 10, kNever, Time{}), 0U);
}

TEST(Framing, HoldsNoMoreThanItMay) {
  FrameParser parser(100);
  Bytes bytes;
  append_frame_header(FrameKind::envelope, 101, bytes);
  EXPECT_THROW(parser.feed(bytes, [](const FrameView&) {}), FormatError);
  const Bytes unknown{std::byte{9}};
  FrameParser other(100);
  EXPECT_THROW(other.feed(unknown, [](const FrameView&) {}), FormatError);
}

TEST(Framing, DoesNotCareHowBytesCome) {
  Bytes stream;
  for (std::size_t i = 0; i < 50; ++i) append_envelope(std::string(i * 7, 'x'), stream);
  for (std::size_t step = 1; step < 400; step += 13) {
    FrameParser parser(1000);
    std::vector<std::size_t> sizes;
    for (std::size_t at = 0; at < stream.size(); at += step)
      parser.feed(std::span(stream).subspan(at, std::min(step, stream.size() - at)),
                  [&](const FrameView& frame) { sizes.push_back(frame.payload.size()); });
    ASSERT_EQ(sizes.size(), 50U);
    for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(sizes[i], i * 7);
    EXPECT_EQ(parser.held(), 0U);
  }
}

}  // namespace
}  // namespace brume::net
