#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "brume/error.hpp"
#include "tests/aggregator/driver.hpp"

namespace brume::aggregator {
namespace {

TEST(Aggregator, RunsARoundAndOpensTheNext) {
  Driver driver;
  const auto tasks = start(driver);
  ASSERT_EQ(tasks.size(), 3U);
  driver.tell(driver.update(tasks[0], 1));
  ASSERT_EQ(driver.sent<StoredMessage>().size(), 1U);
  driver.tell(driver.update(tasks[1], 2));
  driver.tell(driver.update(tasks[2], 3), 9);
  EXPECT_EQ(driver.aggregator->model().values()[0], 2.0F);
  ASSERT_EQ(driver.all<Evaluate>().size(), 1U);
  const auto settled = driver.sent<SettledMessage>();
  ASSERT_EQ(settled.size(), 3U);
  for (const auto& [device, message] : settled) EXPECT_EQ(message.outcome, Outcome::included);
  driver.tell(Evaluated{driver.all<Evaluate>()[0].token, {0.5, 0.9, {}, 10}}, 9);
  ASSERT_EQ(driver.all<Report>().size(), 1U);
  const auto round = driver.all<Report>()[0].round;
  EXPECT_EQ(round.round, 1U);
  EXPECT_EQ(round.included, 3U);
  EXPECT_EQ(round.metrics->accuracy, 0.9);
  EXPECT_EQ(round.training_loss, 0.25);
  EXPECT_EQ(driver.sent<TaskMessage>().size(), 3U);
  EXPECT_EQ(driver.aggregator->version(), 1U);
}

// A promise is made only behind the record that keeps it.
TEST(Aggregator, PromisesWaitForTheirRecord) {
  Driver driver;
  const auto tasks = start(driver);
  driver.tell(driver.update(tasks[0]));
  const auto record = driver.all<Persist>();
  ASSERT_EQ(record.size(), 1U);
  EXPECT_EQ(driver.all<Send>()[0].after, record[0].token);
  driver.tell(driver.update(tasks[1]));
  driver.tell(driver.update(tasks[2]));
  std::optional<Token> commit;
  for (const auto& persist : driver.all<Persist>())
    if (std::holds_alternative<CommitRecord>(persist.record)) commit = persist.token;
  ASSERT_TRUE(commit);
  for (const auto& send : driver.all<Send>())
    if (std::holds_alternative<SettledMessage>(send.message)) {
      EXPECT_EQ(send.after, commit);
    }
}

TEST(Aggregator, ADuplicateIsAcknowledgedButNotCounted) {
  Driver driver;
  const auto tasks = start(driver);
  driver.tell(driver.update(tasks[0], 1));
  const auto record = driver.all<Persist>()[0].token;
  driver.tell(driver.update(tasks[0], 1));
  EXPECT_EQ(driver.sent<StoredMessage>().size(), 1U);
  EXPECT_EQ(driver.all<Send>()[0].after, record);  // the first promise's record may still be on its way to the disk
  EXPECT_TRUE(driver.all<Persist>().empty());
  driver.tell(driver.update(tasks[1], 1));
  driver.tell(driver.update(tasks[2], 4));
  EXPECT_EQ(driver.aggregator->model().values()[0], 2.0F);
}

TEST(Aggregator, TheDeadlineClosesWithWhatIsThere) {
  Driver driver(3, 2, std::chrono::seconds(60));
  const auto tasks = start(driver);
  const auto timer = driver.all<SetTimer>();
  ASSERT_EQ(timer.size(), 1U);
  EXPECT_EQ(timer[0].at, Time(std::chrono::seconds(60)));
  EXPECT_EQ(tasks[0].deadline, timer[0].at);
  driver.tell(driver.update(tasks[1], 4), 10);
  driver.tell(TimerFired{timer[0].token}, 60);
  EXPECT_EQ(driver.aggregator->model().values()[0], 4.0F);
  std::size_t late = 0;
  for (const auto& [device, message] : driver.sent<SettledMessage>()) late += message.outcome == Outcome::late;
  EXPECT_EQ(late, 2U);
  EXPECT_EQ(driver.all<Drop>().size(), 2U);
  driver.tell(driver.update(tasks[0], 9), 61);  // comes too late
  ASSERT_EQ(driver.sent<SettledMessage>().size(), 1U);
  EXPECT_EQ(driver.sent<SettledMessage>()[0].second.outcome, Outcome::late);
  EXPECT_EQ(driver.aggregator->model().values()[0], 4.0F);
}

TEST(Aggregator, ARoundInWhichAllFailLeavesTheModel) {
  Driver driver(2, 1);
  const auto tasks = start(driver);
  for (const auto& task : tasks)
    driver.tell(Received{NodeId::device(task.task.device), FailedMessage{task.task, "why"}});
  EXPECT_EQ(driver.aggregator->model().values()[0], 0.0F);
  EXPECT_EQ(driver.aggregator->version(), 1U);
  driver.tell(Evaluated{driver.all<Evaluate>()[0].token, {}});
  EXPECT_EQ(driver.all<Report>()[0].round.failed, 2U);
  EXPECT_EQ(driver.all<Report>()[0].round.first_problem, "why");
  EXPECT_EQ(driver.all<Finish>().size(), 1U);
  EXPECT_TRUE(driver.aggregator->finished());
}

TEST(Aggregator, ARoundInWhichAllAreRefusedLeavesTheModel) {
  Driver driver(2, 1);
  const auto tasks = start(driver);
  for (const auto& task : tasks) driver.tell(driver.update(task, std::numeric_limits<float>::infinity()));
  EXPECT_EQ(driver.aggregator->model().values()[0], 0.0F);
  driver.tell(Evaluated{driver.all<Evaluate>()[0].token, {}});
  EXPECT_EQ(driver.all<Report>()[0].round.refused, 2U);
}

TEST(Aggregator, ADeviceSpeaksForItselfOnly) {
  Driver driver;
  const auto tasks = start(driver);
  auto forged = driver.update(tasks[0]);
  forged.from = NodeId::device(tasks[1].task.device);
  driver.tell(forged);
  EXPECT_TRUE(driver.actions.empty());
  driver.tell(Received{forged.from, FailedMessage{tasks[0].task, "not mine"}});
  driver.tell(driver.update(tasks[0]));
  EXPECT_EQ(driver.sent<StoredMessage>().size(), 1U);
}

TEST(Aggregator, WaitsUntilSomeoneIsThere) {
  Driver driver;
  driver.crowd->anyone = false;
  driver.tell(Started{});
  ASSERT_EQ(driver.all<SetTimer>().size(), 1U);
  driver.crowd->anyone = true;
  driver.tell(TimerFired{driver.all<SetTimer>()[0].token}, 10);
  EXPECT_EQ(driver.sent<TaskMessage>().size(), 3U);
}

TEST(Aggregator, WithoutStorageItStops) {
  Driver driver;
  start(driver);
  EXPECT_THROW(driver.tell(PersistFailed{1, "disk full"}), Error);
}

// After a reconnect a device hears again what it may have missed, and hears the truth.
TEST(Aggregator, TellsAgainWhoComesBack) {
  Driver driver;
  const auto tasks = start(driver);
  driver.tell(Joined{NodeId::device(tasks[0].task.device)});
  ASSERT_EQ(driver.sent<TaskMessage>().size(), 1U);
  EXPECT_EQ(driver.sent<TaskMessage>()[0].second.task, tasks[0].task);
  for (const auto& task : tasks) driver.tell(driver.update(task));
  driver.tell(Evaluated{driver.all<Evaluate>()[0].token, {}});
  driver.tell(driver.update(tasks[0]));
  ASSERT_EQ(driver.sent<SettledMessage>().size(), 1U);
  EXPECT_EQ(driver.sent<SettledMessage>()[0].second.outcome, Outcome::included);
  driver.tell(Joined{NodeId::device(tasks[0].task.device)});
  EXPECT_EQ(driver.sent<SettledMessage>()[0].second.outcome, Outcome::included);
}

TEST(Aggregator, ADeadlineBeyondTimeIsNone) {
  Driver driver(3, 2, Duration::max());
  const auto tasks = start(driver);
  for (const auto& task : tasks) driver.tell(driver.update(task), 1);
  driver.tell(Evaluated{driver.all<Evaluate>()[0].token, {}}, 1);
  for (const auto& [device, task] : driver.sent<TaskMessage>()) EXPECT_EQ(task.deadline, kNever);
}

}  // namespace
}  // namespace brume::aggregator
