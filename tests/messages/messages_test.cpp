#include "messages/messages.hpp"

#include <gtest/gtest.h>

namespace brume {
namespace {

Frame frame_of(std::size_t bytes) { return std::make_shared<const std::vector<std::byte>>(bytes); }

// Counted by hand from the proto3 encoding: task {1: 3, 2: 300} is 08 03 10 AC 02, five bytes; as a field 7; in the
// envelope 9; with the length 13.
TEST(WireBytes, FollowTheProtobufEncoding) { EXPECT_EQ(wire_bytes(StoredMessage{{3, 300, 0}}), 13U); }

TEST(WireBytes, FramesCountAsTheyAre) {
  const TaskMessage small{{1, 2, 0}, kNever, frame_of(100)};
  const TaskMessage large{{1, 2, 0}, kNever, frame_of(120)};
  EXPECT_EQ(wire_bytes(large) - wire_bytes(small), 20U);
  UpdateMessage update{{1, 2, 0}, {{"delta", frame_of(1000)}}, {}, 60, 0.5, 60};
  EXPECT_GT(wire_bytes(update), 1000U);
  EXPECT_LT(wire_bytes(update), 1060U);
}

TEST(Messages, KnowTheirTask) {
  const TaskId task{4, 5, 1};
  EXPECT_EQ(task_of(SettledMessage{task, Outcome::late}), task);
  EXPECT_EQ(task_of(FailedMessage{task, "why"}), task);
}

}  // namespace
}  // namespace brume
