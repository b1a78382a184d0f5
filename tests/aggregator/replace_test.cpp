// An operator's model in the place of the last step's.
#include <gtest/gtest.h>

#include "algorithms/fedavgm.hpp"
#include "algorithms/mifa.hpp"
#include "brume/error.hpp"
#include "tests/aggregator/driver.hpp"

namespace brume::aggregator {
namespace {

std::shared_ptr<const Parameters> model_of(const Driver& driver, float value) {
  auto model = std::make_shared<Parameters>(driver.layout);
  for (auto& one : model->values()) one = value;
  return model;
}

CommitRecord committed(const Driver& driver) {
  for (const auto& persist : driver.all<Persist>())
    if (const auto* commit = std::get_if<CommitRecord>(&persist.record)) return *commit;
  ADD_FAILURE() << "nothing was committed";
  return {};
}

void answer(Driver& driver, const std::vector<TaskMessage>& tasks) {
  for (const auto& task : tasks) driver.tell(driver.update(task));
}

void evaluate(Driver& driver) {
  const auto asked = driver.all<Evaluate>();
  ASSERT_EQ(asked.size(), 1U);
  driver.tell(Evaluated{asked[0].token, {}});
}

TEST(Replace, WaitsForTheOpenRoundAndIsAStepOfItsOwn) {
  Driver driver(2, 5);
  const auto tasks = start(driver);
  driver.tell(Replace{model_of(driver, 7)});
  EXPECT_TRUE(driver.actions.empty());
  answer(driver, tasks);
  evaluate(driver);  // of the round; then the operator's model is evaluated
  EXPECT_EQ(driver.all<Report>().size(), 1U);
  const auto commit = committed(driver);
  EXPECT_EQ(commit.version, 2U);
  EXPECT_EQ(commit.model->values()[0], 7.0F);
  EXPECT_TRUE(commit.closed.empty());
  evaluate(driver);
  const auto report = driver.all<Report>();
  ASSERT_EQ(report.size(), 1U);
  EXPECT_TRUE(imported(report[0].round));
  EXPECT_EQ(driver.aggregator->version(), 2U);
  for (const auto& [device, task] : driver.sent<TaskMessage>()) EXPECT_EQ(task.task.version, 2U);
  EXPECT_EQ(driver.sent<TaskMessage>().size(), 2U);
}

// What the server has gathered belongs to the model that goes, unless devices hold the other half of it.
TEST(Replace, KeepsOnlyAStateThatDevicesShare) {
  const auto state_after = [](std::shared_ptr<const Algorithm> algorithm) {
    Driver driver(2, 5, {}, std::move(algorithm));
    const auto tasks = start(driver);
    driver.tell(Replace{model_of(driver, 7)});
    answer(driver, tasks);
    evaluate(driver);
    return committed(driver).server_state;
  };
  EXPECT_TRUE(state_after(std::make_shared<algorithms::FedAvgM>()).empty());
  EXPECT_FLOAT_EQ(state_after(std::make_shared<algorithms::Mifa>()).vectors.at("mean")[0], 0.2F);  // two of ten devices
}

TEST(Replace, AtOnceMakesWhatIsOpenLateAndGoesBehindAVersion) {
  Driver driver(2, 100);
  const auto tasks = start(driver);
  std::vector<Record> records;
  const auto keep = [&] {
    for (const auto& persist : driver.all<Persist>()) records.push_back(persist.record);
  };
  keep();  // of the start
  driver.tell(driver.update(tasks[0]));
  keep();
  driver.tell(Replace{model_of(driver, 3), 43, true});
  keep();
  const auto commit = committed(driver);
  EXPECT_EQ(commit.version, 43U);
  EXPECT_EQ(commit.closed, std::vector<Version>{0});
  ASSERT_EQ(commit.receipts.size(), 1U);
  for (const auto& receipt : commit.receipts[0].second) EXPECT_EQ(receipt.status, Status::late);
  auto told = driver.sent<SettledMessage>();
  ASSERT_EQ(told.size(), 2U);
  for (const auto& [device, settled] : told) EXPECT_EQ(settled.outcome, Outcome::late);

  // The same from its records.
  Driver again(2, 100);
  again.aggregator->restore(records);
  EXPECT_EQ(again.aggregator->version(), 43U);
  EXPECT_EQ(again.aggregator->model().values()[0], 3.0F);
  EXPECT_FALSE(again.aggregator->is_open(0));
  again.tell(Started{});
  again.tell(again.update(tasks[0]));
  told = again.sent<SettledMessage>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].second.outcome, Outcome::late);
}

TEST(Replace, AfterTheLastRoundIsTheModelThen) {
  Driver driver(2, 1);
  answer(driver, start(driver));
  evaluate(driver);
  EXPECT_TRUE(driver.aggregator->finished());
  driver.tell(Replace{model_of(driver, 7)});
  EXPECT_EQ(driver.aggregator->version(), 2U);
  EXPECT_EQ(driver.aggregator->model().values()[0], 7.0F);
}

TEST(Replace, RefusesAnotherLayout) {
  Driver driver(2, 5);
  driver.tell(Started{});
  auto other = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {3}, TensorRole::trainable}});
  EXPECT_THROW(driver.tell(Replace{std::make_shared<Parameters>(other)}), FormatError);
}

// The cloud forgets what is acknowledged; whoever comes with it all the same hears that it is over.
TEST(Replace, WhatNobodyRemembersIsLate) {
  Driver driver(2, 5);
  const auto tasks = start(driver);
  answer(driver, tasks);
  for (const auto& task : tasks)
    driver.tell(Received{NodeId::device(task.task.device), AcknowledgedMessage{task.task}});
  driver.tell(driver.update(tasks[0]));
  const auto told = driver.sent<SettledMessage>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].second.outcome, Outcome::late);
}

}  // namespace
}  // namespace brume::aggregator
