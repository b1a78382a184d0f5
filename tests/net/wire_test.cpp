#include "net/wire.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "messages/describe.hpp"
#include "net/framing.hpp"
#include "net/wire.pb.h"

namespace brume::net {
namespace {

Frame frame_of(std::size_t bytes) { return std::make_shared<const Bytes>(bytes, std::byte{7}); }

// One of each kind, with fields that are zero, small and large.
std::vector<Message> examples() {
  const TaskId task{3, 300, 1};
  Receipt receipt;
  receipt.device = 5;
  receipt.weight = 60.5;
  receipt.loss = 0.25F;
  receipt.milliseconds = 1234;
  receipt.status = Status::refused;
  AssignMessage assign;
  assign.tasks = {9, 0, Time(Duration(5'000'000'000)), 100, true, {0, 3, 4, 900'000}};
  assign.model = frame_of(50);
  assign.broadcast = {{"control", frame_of(20)}};
  assign.oldest_open = 8;
  return {
      InviteMessage{4, {10, 2000}},
      InviteMessage{0, {0, 0}},
      TaskMessage{task, Time(Duration(77)), frame_of(200), {{"control", frame_of(3)}}, 2},
      TaskMessage{{}, kNever, frame_of(1)},
      assign,
      CloseMessage{4, 2, true},
      StoredMessage{task},
      StoredMessage{{}},
      SettledMessage{task, Outcome::late},
      OfferMessage{4, {0, 64}, {0, 1, 5, 63}},
      UpdateMessage{task, {{"delta", frame_of(40)}}, {{"steps", 3}, {"zero", 0}}, 60, -0.5, 60, Duration(123456789)},
      FailedMessage{task, "out of memory"},
      CountMessage{4, 17},
      PartialMessage{task, true, {receipt, receipt}, frame_of(99), "why"},
      PartialMessage{task, false, {}, nullptr, ""},
      AcknowledgedMessage{task},
      RepeatMessage{task},
      ModelMessage{17, frame_of(60)},
      ModelMessage{0, frame_of(1)}};
}

Message through_the_wire(const Message& message, Time now) {
  const auto encoded = encode(message, now);
  wire::Envelope envelope;
  EXPECT_TRUE(envelope.ParseFromString(encoded.envelope));
  EXPECT_TRUE(is_federation_message(envelope));
  Bytes frames;
  for (const auto& frame : encoded.frames) frames.insert(frames.end(), frame->begin(), frame->end());
  return decode(envelope, frames, now);
}

TEST(Wire, KeepsEveryField) {
  for (const auto& message : examples())
    EXPECT_EQ(archived(through_the_wire(message, Time{})), archived(message)) << name_of(message);
}

// The simulator sends what is counted here: messages/messages.cpp computes, Protobuf makes.
TEST(Wire, TakesTheBytesThatSimulationsCount) {
  for (const auto& message : examples()) {
    const auto encoded = encode(message, Time{});
    EXPECT_EQ(kFrameHeader + encoded.envelope.size() + encoded.frame_bytes(), wire_bytes(message)) << name_of(message);
  }
}

TEST(Wire, SendsTheTimeThatIsLeft) {
  const TaskMessage message{{1, 2, 0}, Time(Duration(1000)), frame_of(1)};
  const auto encoded = encode(message, Time(Duration(400)));
  wire::Envelope envelope;
  ASSERT_TRUE(envelope.ParseFromString(encoded.envelope));
  const Bytes frame(1);
  const auto there = decode(envelope, frame, Time(Duration(1'000'000)));
  EXPECT_EQ(deadline_of(there), Time(Duration(1'000'600)));
  EXPECT_EQ(time_left(Time(Duration(5)), Time(Duration(9))), 1U) << "one that is over still is a deadline";
}

TEST(Wire, BelievesNoLength) {
  wire::Envelope envelope;
  envelope.mutable_task()->set_model_bytes(std::uint64_t{1} << 60);
  EXPECT_THROW(decode(envelope, std::span<const std::byte>(), Time{}), FormatError);
  envelope.mutable_task()->set_model_bytes(0);
  const Bytes more(3);
  EXPECT_THROW(decode(envelope, more, Time{}), FormatError);
}

TEST(Wire, RefusesWhatIsOutOfOrder) {
  wire::Envelope envelope;
  auto& offer = *envelope.mutable_offer();
  offer.add_ranks(5);
  offer.add_ranks(0);
  EXPECT_THROW(decode(envelope, std::span<const std::byte>(), Time{}), FormatError);
  wire::Envelope partial;
  partial.mutable_partial()->set_receipts(std::string(28, '\0'));
  EXPECT_THROW(decode(partial, std::span<const std::byte>(), Time{}), FormatError);
  wire::Envelope settled;
  settled.mutable_settled()->set_outcome(9);
  EXPECT_THROW(decode(settled, std::span<const std::byte>(), Time{}), FormatError);
}

}  // namespace
}  // namespace brume::net
