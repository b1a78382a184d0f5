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
  std::shared_ptr<ClientStore> store = std::make_shared<ClientStore>();
  std::shared_ptr<const Setup> setup = std::make_shared<const Setup>(
      Setup{std::make_shared<ModelReceiver>(codec, layout, 1), store, codec, {{"delta", layout}}, {}});
  Client client{NodeId::device(7), NodeId::cloud(), setup};
};

Received from_cloud(Message message) { return {NodeId::cloud(), std::move(message)}; }

TrainingResult result_with_state() {
  TrainingResult result;
  result.weight = 3;
  result.algorithm_state.scalars["round"] = 1;
  return result;
}

template <class T>
const T& only(const Actions& actions) {
  const T* found = nullptr;
  for (const auto& action : actions)
    if (const auto* one = std::get_if<T>(&action)) {
      EXPECT_EQ(found, nullptr);
      found = one;
    }
  EXPECT_NE(found, nullptr);
  return *found;
}

// The answer is on disk before it is sent, and so is the verdict before it is acknowledged.
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
  EXPECT_EQ(only<Send>(actions).after, only<Persist>(actions).token);
  EXPECT_EQ(std::get<UpdateMessage>(only<Send>(actions).message).weight, 3);
  EXPECT_TRUE(driver.tell(from_cloud(StoredMessage{{2, 7, 0}})).empty());
  EXPECT_FALSE(driver.client.settled());
  actions = driver.tell(from_cloud(SettledMessage{{2, 7, 0}, Outcome::included}));
  EXPECT_EQ(std::get<AcknowledgedMessage>(only<Send>(actions).message).task, (TaskId{2, 7, 0}));
  EXPECT_EQ(only<Send>(actions).after, only<Persist>(actions).token);
  EXPECT_TRUE(driver.client.settled());
}

// A parent that did not hear the acknowledgement tells again; one that lost its mind cannot have a task trained twice.
TEST(Client, ActsOnTheFirstVerdictOnly) {
  Driver driver;
  const auto train = std::get<Train>(driver.tell(from_cloud(driver.task(2)))[0]);
  driver.tell(Trained{train.token, {}});
  driver.tell(from_cloud(SettledMessage{{2, 7, 0}, Outcome::included}));
  const auto actions = driver.tell(from_cloud(SettledMessage{{2, 7, 0}, Outcome::late}));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<AcknowledgedMessage>(only<Send>(actions).message));
  EXPECT_TRUE(driver.tell(from_cloud(driver.task(2))).empty());
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
  EXPECT_EQ(only<Drop>(actions).task, (TaskId{2, 7, 0}));
  EXPECT_TRUE(driver.tell(Trained{train.token, {}}).empty());
  EXPECT_TRUE(driver.client.settled());
}

TEST(Client, SaysWhyItCannot) {
  Driver driver;
  auto damaged = driver.task(2);
  damaged.model = std::make_shared<const std::vector<std::byte>>(10);
  auto actions = driver.tell(from_cloud(damaged));
  EXPECT_NE(std::get<FailedMessage>(std::get<Send>(actions.back()).message).reason, "");
  const auto train = std::get<Train>(driver.tell(from_cloud(driver.task(3)))[0]);
  actions = driver.tell(TrainFailed{train.token, "out of memory"});
  EXPECT_EQ(std::get<FailedMessage>(only<Send>(actions).message).reason, "out of memory");
}

TEST(Client, ListensToItsParentOnly) {
  Driver driver;
  EXPECT_TRUE(driver.tell(Received{NodeId::device(3), driver.task(2)}).empty());
}

// Made again from its records it goes on where they end: an answer is sent again, a training is not there.
TEST(Client, IsMadeAgainFromItsRecords) {
  Driver driver;
  std::vector<Record> records;
  const auto keep = [&](const Actions& actions) {
    for (const auto& action : actions)
      if (const auto* persist = std::get_if<Persist>(&action)) records.push_back(persist->record);
  };
  driver.store->put_back_codec_state(7, {{}, {{"residual/delta", {5, 6}}}, {}});
  const auto started = driver.tell(from_cloud(driver.task(2)));
  keep(started);
  EXPECT_TRUE(driver.store->codec_state(7).empty());
  TrainingResult result = result_with_state();
  result.codec_state.integers["residual/delta"] = {1, 2};
  keep(driver.tell(Trained{only<Train>(started).token, result}));

  Driver again;
  again.store->put_back_codec_state(7, {{}, {{"residual/delta", {5, 6}}}, {}});
  again.client.restore(std::span(records).first(1));
  EXPECT_EQ(again.store->codec_state(7).integers.at("residual/delta")[0], 5);  // as if it had not begun
  EXPECT_TRUE(again.client.settled());

  Driver later;
  later.store->put_back_codec_state(7, {{}, {{"residual/delta", {5, 6}}}, {}});
  later.client.restore(records);
  EXPECT_TRUE(later.store->codec_state(7).empty());
  EXPECT_EQ(later.tell(Joined{NodeId::cloud()}).size(), 1U);
  later.tell(from_cloud(SettledMessage{{2, 7, 0}, Outcome::included}));
  EXPECT_EQ(later.store->codec_state(7).integers.at("residual/delta")[1], 2);
  EXPECT_EQ(later.store->algorithm_state(7).scalars.at("round"), 1);
}

}  // namespace
}  // namespace brume::client
