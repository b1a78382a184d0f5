// A fog node without its parent for a day: what it keeps is bounded, and what it has promised arrives.
#include <gtest/gtest.h>

#include <set>

#include "storage/store.hpp"
#include "tests/fog_node/driver.hpp"

namespace brume::fog_node {
namespace {

constexpr std::uint64_t kVersions = 40;  // open at once, one device of each, as an asynchronous federation has them
constexpr std::uint64_t kKept = 4;
constexpr double kDay = 86'400;

class CutOff : public ::testing::Test {
 protected:
  CutOff() {
    for (Version version = 0; version < kVersions; ++version) {
      driver_.assign(version, {version});
      keep();
    }
    driver_.tell(Left{NodeId::cloud()});
  }

  // Remembers what went to the disk and what was promised.
  void keep() {
    for (const auto& persist : driver_.all<Persist>()) {
      bytes_ += storage::payload_bytes(persist.record);
      records_.push_back(persist.record);
    }
    for (const auto& stored : driver_.sent<StoredMessage>()) stored_.insert(stored.task.device);
    for (const auto& settled : driver_.sent<SettledMessage>()) {
      EXPECT_EQ(settled.outcome, Outcome::included);
      settled_.insert(settled.task.device);
    }
  }
  void answer(DeviceIndex device, double seconds) {
    driver_.tell(driver_.update(device, device, 1), seconds);
    keep();
  }
  // All of it through the disk, as after a crash.
  void restart() {
    driver_.make_node();
    driver_.node->restore(records_);
    driver_.tell(Started{}, kDay / 2);
    driver_.tell(Left{NodeId::cloud()}, kDay / 2);
  }

  Driver driver_{1, kVersions, 2, kKept};
  std::vector<Record> records_;
  std::uint64_t bytes_ = 0;
  std::set<DeviceIndex> stored_, settled_;
};

TEST_F(CutOff, KeepsSoMuchAndNoMoreAndLosesNothing) {
  for (DeviceIndex device = 0; device < kVersions; ++device) {
    answer(device, kDay * static_cast<double>(device) / kVersions);
    if (device == kVersions / 2) restart();
  }
  EXPECT_EQ(stored_, (std::set<DeviceIndex>{0, 1, 2, 3}));
  const auto at_most = bytes_;
  for (int again = 0; again < 3; ++again)  // devices that are asked again or connect again
    for (DeviceIndex device = 0; device < kVersions; ++device) answer(device, kDay);
  EXPECT_EQ(bytes_, at_most);

  driver_.tell(Joined{NodeId::cloud()}, kDay);
  auto partials = driver_.sent<PartialMessage>();
  EXPECT_EQ(partials.size(), kKept);
  const auto repeats = driver_.sent<RepeatMessage>();
  EXPECT_EQ(repeats.size(), kVersions - kKept);
  for (const auto& repeat : repeats) {
    answer(repeat.task.device, kDay);
    for (auto& partial : driver_.sent<PartialMessage>()) partials.push_back(std::move(partial));
  }
  EXPECT_EQ(stored_.size(), kVersions);
  ASSERT_EQ(partials.size(), kVersions);
  for (const auto& partial : partials) {
    driver_.tell(Driver::from_parent(StoredMessage{partial.task}), kDay);
    driver_.tell(Driver::from_parent(SettledMessage{partial.task, Outcome::included}), kDay);
    keep();
  }
  EXPECT_EQ(settled_, stored_);
}

// With room for few versions an open one still takes in all of its updates.
TEST(FogNodeRoom, AnOpenRoundIsCompleted) {
  Driver driver(1, 10, 2, 1);
  driver.assign(0, {0, 1, 2});
  driver.assign(1, {3});
  driver.tell(Left{NodeId::cloud()});
  driver.tell(driver.update(0, 0, 1));
  EXPECT_EQ(driver.sent<StoredMessage>().size(), 1U);
  driver.tell(driver.update(1, 3, 1));
  EXPECT_TRUE(driver.actions.empty());
  for (const DeviceIndex device : {1, 2}) {
    driver.tell(driver.update(0, device, 1));
    EXPECT_EQ(driver.sent<StoredMessage>().size(), 1U);
  }
  EXPECT_EQ(driver.sent<PartialMessage>().size(), 1U);
}

// One that has left sends again by itself when it is back.
TEST(FogNodeRoom, WhoConnectsAgainIsNotCalledBack) {
  Driver driver(1, 10, 2, 1);
  driver.assign(0, {0});
  driver.assign(1, {1});
  driver.assign(2, {2});
  driver.tell(Left{NodeId::cloud()});
  for (const DeviceIndex device : {0, 1, 2}) driver.tell(driver.update(device, device, 1));
  driver.tell(Joined{NodeId::device(1)});
  driver.tell(Joined{NodeId::cloud()});
  const auto repeats = driver.sent<RepeatMessage>();
  ASSERT_EQ(repeats.size(), 1U);
  EXPECT_EQ(repeats[0].task, (TaskId{2, 2, 0}));
}

}  // namespace
}  // namespace brume::fog_node
