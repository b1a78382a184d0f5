#include "client/client.hpp"

#include <gtest/gtest.h>

#include "compression/chain.hpp"

namespace brume::client {
namespace {

class Driver {
 public:
  Actions tell(const Event& event) {
    Actions actions;
    client.handle(event, Time{}, actions);
    return actions;
  }
  TaskMessage task(Version version) const {
    State none;
    const std::vector<float> model(2, static_cast<float>(version));
    return {{version, 7, 0}, kNever, codec->encode(model, *layout, {}, Stream(1, Purpose::downlink), none)};
  }
  LayoutPointer layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {2}, TensorRole::trainable}});
  std::shared_ptr<const Codec> codec =
      std::make_shared<compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});
  Client client{NodeId::cloud(), std::make_shared<ModelReceiver>(codec, layout)};
};

Received from_cloud(Message message) { return {NodeId::cloud(), std::move(message)}; }

TrainingResult result_with_state() {
  TrainingResult result;
  result.weight = 3;
  result.algorithm_state.scalars["round"] = 1;
  return result;
}

TEST(Client, TrainsSendsAndForgets) {
  Driver driver;
  auto actions = driver.tell(from_cloud(driver.task(2)));
  ASSERT_EQ(actions.size(), 1U);
  const auto train = std::get<Train>(actions[0]);
  EXPECT_EQ(train.job.model->values()[0], 2.0F);
  EXPECT_EQ(*train.job.model_digest, train.job.model->digest());
  TrainingResult result;
  result.weight = 3;
  actions = driver.tell(Trained{train.token, result});
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<UpdateMessage>(std::get<Send>(actions[0]).message).weight, 3);
  EXPECT_TRUE(driver.tell(from_cloud(StoredMessage{{2, 7, 0}})).empty());
  EXPECT_FALSE(driver.client.idle());
  EXPECT_TRUE(driver.tell(from_cloud(SettledMessage{{2, 7, 0}, Outcome::included})).empty());
  EXPECT_TRUE(driver.client.idle());
}

TEST(Client, DoesATaskOnce) {
  Driver driver;
  EXPECT_EQ(driver.tell(from_cloud(driver.task(2))).size(), 1U);
  EXPECT_TRUE(driver.tell(from_cloud(driver.task(2))).empty());
}

// State is committed on `included` and on nothing else.
TEST(Client, CommitsStateOnlyWhenIncluded) {
  for (const auto outcome : {Outcome::included, Outcome::late, Outcome::refused, Outcome::failed}) {
    Driver driver;
    const auto train = std::get<Train>(driver.tell(from_cloud(driver.task(2)))[0]);
    driver.tell(Trained{train.token, result_with_state()});
    driver.tell(from_cloud(StoredMessage{{2, 7, 0}}));
    driver.tell(from_cloud(SettledMessage{{2, 7, 0}, outcome}));
    const auto next = driver.client.job_for(driver.task(3));
    EXPECT_EQ(next.algorithm_state.scalars.count("round"), outcome == Outcome::included ? 1U : 0U);
  }
}

TEST(Client, AReconnectSendsWhatWasNotStored) {
  Driver driver;
  const auto train = std::get<Train>(driver.tell(from_cloud(driver.task(2)))[0]);
  EXPECT_TRUE(driver.tell(Joined{NodeId::cloud()}).empty());
  driver.tell(Trained{train.token, {}});
  EXPECT_EQ(driver.tell(Joined{NodeId::cloud()}).size(), 1U);
  driver.tell(from_cloud(StoredMessage{{2, 7, 0}}));
  EXPECT_TRUE(driver.tell(Joined{NodeId::cloud()}).empty());
}

TEST(Client, SettledInTheMiddleStopsTheWork) {
  Driver driver;
  const auto train = std::get<Train>(driver.tell(from_cloud(driver.task(2)))[0]);
  const auto actions = driver.tell(from_cloud(SettledMessage{{2, 7, 0}, Outcome::late}));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<Drop>(actions[0]).task, (TaskId{2, 7, 0}));
  EXPECT_TRUE(driver.tell(Trained{train.token, {}}).empty());
  EXPECT_TRUE(driver.client.idle());
}

TEST(Client, SaysWhyItCannot) {
  Driver driver;
  auto damaged = driver.task(2);
  damaged.model = std::make_shared<const std::vector<std::byte>>(10);
  auto actions = driver.tell(from_cloud(damaged));
  EXPECT_NE(std::get<FailedMessage>(std::get<Send>(actions.back()).message).reason, "");
  const auto train = std::get<Train>(driver.tell(from_cloud(driver.task(3)))[0]);
  actions = driver.tell(TrainFailed{train.token, "out of memory"});
  EXPECT_EQ(std::get<FailedMessage>(std::get<Send>(actions[0]).message).reason, "out of memory");
}

TEST(Client, ListensToItsParentOnly) {
  Driver driver;
  EXPECT_TRUE(driver.tell(Received{NodeId::device(3), driver.task(2)}).empty());
}

}  // namespace
}  // namespace brume::client
