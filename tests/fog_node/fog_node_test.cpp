#include "fog_node/fog_node.hpp"

#include <gtest/gtest.h>

#include "algorithms/fedavg.hpp"
#include "algorithms/uniform_selection.hpp"
#include "compression/chain.hpp"
#include "tests/fog_node/driver.hpp"

namespace brume::fog_node {
namespace {

TEST(FogNode, OffersItsOwnDevicesOfTheWindow) {
  Driver driver(3, 10);  // node 0 of 3: devices 0, 3, 6, 9
  driver.tell(driver.from_parent(InviteMessage{4, {0, 10}}));
  const auto offers = driver.sent<OfferMessage>();
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].ranks.size(), 4U);
  const auto ranking = algorithms::UniformSelection().ranking(10, 4, 1);
  for (const auto rank : offers[0].ranks) EXPECT_EQ(ranking->device(rank) % 3, 0U);
  driver.assign(4, {0, 3});
  driver.tell(driver.from_parent(InviteMessage{5, {0, 10}}));
  EXPECT_EQ(driver.sent<OfferMessage>()[0].ranks.size(), 2U);  // the others are at work
}

TEST(FogNode, FoldsAndSendsOnePartWithReceipts) {
  Driver driver(1, 4);
  driver.assign(0, {0, 1, 2});
  EXPECT_EQ(driver.sent<TaskMessage>().size(), 3U);
  driver.tell(driver.update(0, 0, 1));
  driver.tell(driver.update(0, 1, 3));
  EXPECT_TRUE(driver.sent<PartialMessage>().empty());
  driver.tell(Received{NodeId::device(2), FailedMessage{{0, 2, 0}, "no battery"}});
  const auto parts = driver.sent<PartialMessage>();
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_TRUE(parts[0].last);
  EXPECT_EQ(parts[0].problem, "no battery");
  ASSERT_EQ(parts[0].receipts.size(), 3U);
  EXPECT_EQ(parts[0].receipts[1].status, Status::folded);
  EXPECT_EQ(parts[0].receipts[2].status, Status::failed);
  const auto sums = algorithms::FedAvg().aggregate(driver.layout, ExactFormat::for_contributions(3));
  sums->decode(*parts[0].aggregate, nullptr);
  EXPECT_EQ(sums->contributions(), 2U);
}

// Devices hear what the cloud decided, not before; a part that misses the cloud's deadline is late for all of them.
TEST(FogNode, TellsTheVerdictOfItsParent) {
  for (const auto verdict : {Outcome::included, Outcome::late, Outcome::refused}) {
    Driver driver(1, 4);
    driver.assign(0, {0, 1});
    driver.tell(driver.update(0, 0, 1));
    driver.tell(driver.update(0, 1, 1));
    EXPECT_TRUE(driver.sent<SettledMessage>().empty());
    driver.tell(driver.from_parent(StoredMessage{{0, 0, 0}}));
    EXPECT_TRUE(driver.sent<SettledMessage>().empty());
    driver.tell(driver.from_parent(SettledMessage{{0, 0, 0}, verdict}));
    ASSERT_EQ(driver.sent<SettledMessage>().size(), 2U);
    for (const auto& told : driver.sent<SettledMessage>()) EXPECT_EQ(told.outcome, verdict);
    EXPECT_EQ(driver.sent<AcknowledgedMessage>().size(), 1U);
    driver.tell(Joined{NodeId::device(0)});  // it may have missed it
    EXPECT_EQ(driver.sent<SettledMessage>().size(), 1U);
    driver.tell(Received{NodeId::device(0), AcknowledgedMessage{{0, 0, 0}}});
    driver.tell(Joined{NodeId::device(0)});
    EXPECT_TRUE(driver.sent<SettledMessage>().empty());
  }
}

TEST(FogNode, ClosesAtItsDeadlineBeforeItsParents) {
  Driver driver(1, 4);
  driver.assign(0, {0, 1}, Time(std::chrono::seconds(100)));
  const auto timers = driver.all<SetTimer>();
  ASSERT_EQ(timers.size(), 1U);
  EXPECT_EQ(timers[0].at, Time(std::chrono::seconds(90)));
  EXPECT_EQ(driver.sent<TaskMessage>()[0].deadline, timers[0].at);
  driver.tell(driver.update(0, 0, 1), 10);
  driver.tell(TimerFired{timers[0].token}, 90);
  ASSERT_EQ(driver.sent<PartialMessage>().size(), 1U);
  EXPECT_EQ(driver.sent<PartialMessage>()[0].receipts[1].status, Status::late);
  driver.tell(driver.update(0, 1, 1), 91);  // comes too late: not counted, told with the rest
  EXPECT_TRUE(driver.sent<StoredMessage>().empty());
  driver.tell(driver.from_parent(SettledMessage{{0, 0, 0}, Outcome::included}), 95);
  ASSERT_EQ(driver.sent<SettledMessage>().size(), 2U);
  EXPECT_EQ(driver.sent<SettledMessage>()[1].outcome, Outcome::late);
}

TEST(FogNode, SendsPartsWhileTasksGoOn) {
  Driver driver(1, 4);
  driver.assign(0, {0, 1, 2}, kNever, true);
  driver.tell(driver.update(0, 0, 1));
  ASSERT_EQ(driver.sent<CountMessage>().size(), 1U);
  EXPECT_EQ(driver.sent<CountMessage>()[0].folded, 1U);
  driver.tell(driver.from_parent(CloseMessage{0, 0, false}));
  ASSERT_EQ(driver.sent<PartialMessage>().size(), 1U);
  EXPECT_FALSE(driver.sent<PartialMessage>()[0].last);
  driver.tell(driver.from_parent(CloseMessage{0, 0, false}));  // that part is on its way
  EXPECT_TRUE(driver.sent<PartialMessage>().empty());
  driver.tell(driver.update(0, 1, 1));
  driver.tell(driver.from_parent(CloseMessage{0, 1, true}));
  ASSERT_EQ(driver.sent<PartialMessage>().size(), 1U);
  EXPECT_TRUE(driver.sent<PartialMessage>()[0].last);
  EXPECT_EQ(driver.sent<PartialMessage>()[0].task.attempt, 1U);
  EXPECT_EQ(driver.sent<PartialMessage>()[0].receipts.size(), 2U);  // one folded, one late
}

TEST(FogNode, RefusesAModelThatItCannotRead) {
  Driver driver(1, 4);
  auto asked = driver.asked(0, {0, 1});
  asked.model = std::make_shared<const std::vector<std::byte>>(20);
  driver.tell(driver.from_parent(asked));
  ASSERT_EQ(driver.sent<PartialMessage>().size(), 1U);
  EXPECT_EQ(driver.sent<PartialMessage>()[0].receipts.size(), 2U);
  EXPECT_NE(driver.sent<PartialMessage>()[0].problem, "");
  EXPECT_TRUE(driver.sent<TaskMessage>().empty());
}

TEST(FogNode, OpensAVersionOnce) {
  Driver driver(1, 4);
  driver.assign(0, {0, 1});
  driver.assign(0, {0, 1});
  EXPECT_TRUE(driver.actions.empty());
  auto old = driver.asked(1, {0});
  old.oldest_open = 5;
  old.tasks.version = 5;
  driver.tell(driver.from_parent(old));
  driver.assign(3, {0});  // the cloud has committed it long ago
  EXPECT_TRUE(driver.actions.empty());
}

}  // namespace
}  // namespace brume::fog_node
