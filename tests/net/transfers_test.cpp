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

  Receiver() { inbox.set_most(100 << 20, 1 << 20); }
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
    wire::Envelope envelope;
    ASSERT_TRUE(envelope.ParseFromArray(envelope_bytes.data(), static_cast<int>(envelope_bytes.size())));
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
    if (!taken.complete) return;
    const auto body = std::span<const std::byte>(taken.complete->body);
    wire::Envelope envelope;
    ASSERT_TRUE(envelope.ParseFromArray(body.data(), static_cast<int>(taken.complete->head_bytes)));
    messages.push_back(decode(envelope, body.subspan(taken.complete->head_bytes), Time{}));
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
      receiver.inbox.set_most(100 << 20, 1 << 20);
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

// A hundred thousand chunks that are repeated, reordered, moved or cut: none of them becomes part of a message that
// was not sent, and memory does not grow beyond what has come.
TEST(Transfers, BelieveNoChunk) {
  const auto frame = random_frame(200'000, 1);
  int refused = 0;
  int taken_whole = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    Stream random(i, Purpose::plugin, 2);
    Inbox inbox;
    inbox.set_most(1 << 20, 1000);
    try {
      (void)inbox.begin(7, frame->size(), 100, kNever, Time{});
      const auto right = random.below(4) * 1000;
      auto complete = inbox.take(7, 0, std::span(*frame).first(right)).complete;
      for (int n = 0; n < 3 && !complete; ++n) {
        const auto offset = random.below(right + 2000);
        const auto count = std::min<std::uint64_t>(random.below(frame->size() * 5 / 4), frame->size());
        complete = inbox.take(random.below(8) == 0 ? 8 : 7, offset, std::span(*frame).first(count)).complete;
      }
      taken_whole += complete ? 1 : 0;
    } catch (const FormatError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
}

TEST(Transfers, RefuseWhatIsTooLongBeforeTheyHoldIt) {
  Inbox inbox;
  inbox.set_most(1000, 100);
  EXPECT_THROW((void)inbox.begin(1, 1001, 10, kNever, Time{}), FormatError);
  EXPECT_THROW((void)inbox.begin(1, 10, 11, kNever, Time{}), FormatError);
  for (std::uint64_t key = 0; key < Inbox::kMostTransfers; ++key) (void)inbox.begin(key, 1000, 10, kNever, Time{});
  EXPECT_THROW((void)inbox.begin(99, 1000, 10, kNever, Time{}), FormatError);
  EXPECT_THROW((void)inbox.begin(0, 1000, 101, kNever, Time{}), FormatError);
  Inbox later(inbox.release());  // what an earlier connection left makes room
  later.set_most(1000, 100);
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
