// Versions that go down as changes: who is sent what, and what the server goes on from.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "aggregator/aggregator.hpp"
#include "algorithms/fedavg.hpp"
#include "algorithms/uniform_selection.hpp"
#include "compression/chain.hpp"
#include "compression/sign.hpp"
#include "tests/support/actions.hpp"

namespace brume::aggregator {
namespace {

using compression::ModelHistory;

class Everyone final : public Population {
 public:
  std::uint64_t size() const override { return 2; }
  bool available(DeviceIndex) const override { return true; }
};

const LayoutPointer kLayout =
    std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {400}, TensorRole::trainable}});
const auto kPlain = std::make_shared<const compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});
const auto kCoarse = std::make_shared<const compression::Chain>(
    std::vector<std::shared_ptr<const Stage>>{std::make_shared<compression::Sign>()});

Parameters initial() {
  Parameters model(kLayout);
  for (std::size_t i = 0; i < 400; ++i) model.values()[i] = std::sin(static_cast<float>(i));
  return model;
}

std::shared_ptr<ModelHistory> history(ModelHistory::Keeps keeps) {
  return std::make_shared<ModelHistory>(ModelHistory::Codecs{kCoarse, kPlain}, kLayout, keeps);
}

class Cloud {
 public:
  explicit Cloud(bool fresh) {
    auto selection = std::make_shared<algorithms::UniformSelection>();
    selection->set_cohort(2);
    Setup setup;
    setup.algorithm = std::make_shared<algorithms::FedAvg>();
    setup.selection = selection;
    setup.uplink = kPlain;
    setup.downlink = kCoarse;
    setup.population = std::make_shared<Everyone>();
    setup.seed = 1;
    setup.rounds = 3;
    setup.history = history(ModelHistory::Keeps::recent);
    setup.fresh_model = fresh;
    role = std::make_unique<Aggregator>(setup, initial());
  }

  /// Tells it; returns the tasks that it sends, by device, and keeps its records.
  std::map<DeviceIndex, TaskMessage> tell(const Event& event) {
    Actions actions;
    role->handle(event, Time{}, actions);
    std::map<DeviceIndex, TaskMessage> tasks;
    for (const auto& send : testing::actions_of<Send>(actions))
      if (const auto* task = std::get_if<TaskMessage>(&send.message)) tasks[send.to.index] = *task;
    for (const auto& persist : testing::actions_of<Persist>(actions)) records.push_back(persist.record);
    for (const auto& evaluate : testing::actions_of<Evaluate>(actions)) evaluation = evaluate.token;
    return tasks;
  }
  /// Device 0 answers, device 1 does not or cannot; then the next version's tasks.
  std::map<DeviceIndex, TaskMessage> round(const std::map<DeviceIndex, TaskMessage>& tasks, ModelHistory& device) {
    const auto held = device.take(tasks.at(0).model);
    State none;
    std::vector<float> delta(400);
    for (std::size_t i = 0; i < delta.size(); ++i) delta[i] = 0.5F * std::sin(3 * static_cast<float>(i));
    const auto frame = kPlain->encode(delta, *kLayout, {*held.digest, 0}, Stream(1, Purpose::uplink), none);
    tell(Received{NodeId::device(0), UpdateMessage{tasks.at(0).task, {{"delta", frame}}, {}, 5, 0.25, 5}});
    tell(Received{NodeId::device(1), FailedMessage{tasks.at(1).task, "no memory"}});
    return tell(Evaluated{evaluation, {}});
  }

  std::unique_ptr<Aggregator> role;
  std::vector<Record> records;
  Token evaluation = 0;
};

bool is_whole(const Frame& bundle) {
  return compression::read_bundle(*bundle).first != compression::ModelBundle::First::change;
}

TEST(Changes, GoToThoseWhoHaveShownWhatTheyHold) {
  Cloud cloud(true);
  auto device = history(ModelHistory::Keeps::newest);
  auto tasks = cloud.tell(Started{});
  EXPECT_TRUE(is_whole(tasks.at(0).model));
  tasks = cloud.round(tasks, *device);
  EXPECT_FALSE(is_whole(tasks.at(0).model));
  EXPECT_TRUE(is_whole(tasks.at(1).model));  // its model may be why it failed
  EXPECT_EQ(device->take(tasks.at(0).model).model->digest(),
            *history(ModelHistory::Keeps::newest)->take(tasks.at(1).model).digest);
  // A connection that begins anew: with what the device says that it holds, or with nothing.
  EXPECT_FALSE(is_whole(cloud.tell(Joined{NodeId::device(1), Version{0}}).at(1).model));
  EXPECT_TRUE(is_whole(cloud.tell(Joined{NodeId::device(0)}).at(0).model));
}

TEST(Changes, TheServerGoesOnFromADrawnModelAsDevicesGotIt) {
  Cloud cloud(true);
  auto device = history(ModelHistory::Keeps::newest);
  const auto tasks = cloud.tell(Started{});
  const auto held = device->take(tasks.at(0).model);
  EXPECT_NE(held.model->digest(), initial().digest());
  EXPECT_EQ(cloud.role->model().digest(), *held.digest);
  Cloud again(true);  // and so it does after a restart
  again.role->restore(cloud.records);
  EXPECT_EQ(again.role->model().digest(), *held.digest);
}

TEST(Changes, AModelThatWasLearntIsNeverMadeCoarse) {
  Cloud cloud(false);
  const auto tasks = cloud.tell(Started{});
  EXPECT_EQ(cloud.role->model().digest(), initial().digest());
  EXPECT_EQ(*history(ModelHistory::Keeps::newest)->take(tasks.at(0).model).digest, initial().digest());
}

// Without a loss, whatever the chain of the first model is.
TEST(Changes, TheModelForUseIsTheServersOwn) {
  Cloud cloud(true);
  auto device = history(ModelHistory::Keeps::newest);
  cloud.round(cloud.tell(Started{}), *device);
  Parameters received(kLayout);
  ModelHistory::lossless()->decode(*cloud.role->encoded_model(), *kLayout, received.values());
  EXPECT_EQ(received.digest(), cloud.role->model().digest());
}

}  // namespace
}  // namespace brume::aggregator
