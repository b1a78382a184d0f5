#pragma once

#include "aggregator/aggregator.hpp"
#include "algorithms/fedavg.hpp"
#include "algorithms/uniform_selection.hpp"
#include "compression/chain.hpp"
#include "tests/support/actions.hpp"

namespace brume::aggregator {

class Crowd final : public Population {
 public:
  std::uint64_t size() const override { return 10; }
  bool available(DeviceIndex) const override { return anyone; }
  bool anyone = true;
};

// Drives an aggregator by hand.
class Driver {
 public:
  explicit Driver(std::uint64_t cohort = 3, std::uint64_t rounds = 2, std::optional<Duration> deadline = {},
                  std::shared_ptr<const Algorithm> algorithm = std::make_shared<algorithms::FedAvg>()) {
    auto selection = std::make_shared<algorithms::UniformSelection>();
    selection->set_cohort(cohort);
    Setup setup;
    setup.algorithm = std::move(algorithm);
    setup.selection = selection;
    setup.uplink = setup.downlink = codec;
    setup.population = crowd;
    setup.seed = 1;
    setup.rounds = rounds;
    setup.deadline = deadline;
    aggregator = std::make_unique<Aggregator>(setup, Parameters(layout));
  }

  void tell(const Event& event, double seconds = 0) {
    actions.clear();
    aggregator->handle(event, Time(duration_from_seconds(seconds)), actions);
  }
  template <class T>
  std::vector<T> all() const {
    return brume::testing::actions_of<T>(actions);
  }
  template <class T>
  std::vector<std::pair<DeviceIndex, T>> sent() const {
    std::vector<std::pair<DeviceIndex, T>> found;
    for (const auto& send : all<Send>())
      if (const auto* message = std::get_if<T>(&send.message)) found.emplace_back(send.to.index, *message);
    return found;
  }
  Received update(const TaskMessage& task, float value = 1) const {
    Parameters base(layout);
    codec->decode(*task.model, *layout, base.values());
    State none;
    const std::vector<float> delta(2, value);
    return {
        NodeId::device(task.task.device),
        UpdateMessage{task.task,
                      {{"delta", codec->encode(delta, *layout, {base.digest(), 0}, Stream(1, Purpose::uplink), none)}},
                      {},
                      5,
                      0.25,
                      5}};
  }

  std::shared_ptr<Crowd> crowd = std::make_shared<Crowd>();
  LayoutPointer layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {2}, TensorRole::trainable}});
  std::shared_ptr<const Codec> codec =
      std::make_shared<compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});
  std::unique_ptr<Aggregator> aggregator;
  Actions actions;
};

inline std::vector<TaskMessage> start(Driver& driver) {
  driver.tell(Started{});
  std::vector<TaskMessage> tasks;
  for (const auto& [device, task] : driver.sent<TaskMessage>()) tasks.push_back(task);
  return tasks;
}

}  // namespace brume::aggregator
