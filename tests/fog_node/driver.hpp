#pragma once

#include "algorithms/fedavg.hpp"
#include "algorithms/uniform_selection.hpp"
#include "compression/chain.hpp"
#include "fog_node/fog_node.hpp"
#include "tests/support/actions.hpp"

namespace brume::fog_node {

/// Drives fog node 0 of some, below the cloud, by hand. What it persists is on disk at once.
class Driver {
 public:
  Driver(std::uint64_t nodes, std::uint64_t devices, std::int64_t parameters = 2, std::uint64_t most_unsettled = 16)
      : layout(std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {parameters}, TensorRole::trainable}})) {
    setup.self = NodeId::fog(0);
    setup.parent = NodeId::cloud();
    setup.algorithm = std::make_shared<algorithms::FedAvg>();
    setup.selection = std::make_shared<algorithms::UniformSelection>();
    setup.uplink = setup.downlink = codec;
    setup.receiver = std::make_shared<client::ModelReceiver>(codec, layout, 1);
    setup.population = std::make_shared<Below>(nodes, devices);
    setup.layout = layout;
    setup.seed = 1;
    setup.most_unsettled = most_unsettled;
    make_node();
    const Parameters model(layout);
    State none;
    digest = model.digest();
    frame = codec->encode(model.values(), *layout, {}, Stream(1, Purpose::downlink), none);
    const std::vector<float> ones(layout->size(), 1);
    delta = codec->encode(ones, *layout, {digest, 0}, Stream(1, Purpose::uplink), none);
  }

  /// A new one, which knows nothing.
  void make_node() { node = std::make_unique<FogNode>(setup); }

  void tell(const Event& event, double seconds = 0) {
    actions.clear();
    const Time now(duration_from_seconds(seconds));
    node->handle(event, now, actions);
    Actions none;
    for (const auto& persist : all<Persist>()) node->handle(Persisted{persist.token}, now, none);
  }
  template <class T>
  std::vector<T> all() const {
    return brume::testing::actions_of<T>(actions);
  }
  template <class T>
  std::vector<T> sent() const {
    std::vector<T> found;
    for (const auto& send : all<Send>())
      if (const auto* message = std::get_if<T>(&send.message)) found.push_back(*message);
    return found;
  }
  static Received from_parent(Message message) { return {NodeId::cloud(), std::move(message)}; }
  AssignMessage asked(Version version, std::vector<DeviceIndex> devices) const {
    AssignMessage asked;
    asked.tasks.version = version;
    asked.tasks.most_contributions = devices.size();
    asked.tasks.devices = std::move(devices);
    asked.model = frame;
    return asked;
  }
  void assign(Version version, std::vector<DeviceIndex> devices, Time deadline = kNever, bool counts = false) {
    auto message = asked(version, std::move(devices));
    message.tasks.deadline = deadline;
    message.tasks.counts = counts;
    tell(from_parent(std::move(message)));
  }
  Received update(Version version, DeviceIndex device, double weight) const {
    return {NodeId::device(device), UpdateMessage{{version, device, 0}, {{"delta", delta}}, {}, weight, 0.5, 5}};
  }

  class Below final : public Population {
   public:
    Below(std::uint64_t nodes, std::uint64_t devices) : nodes_(nodes), devices_(devices) {}
    std::uint64_t size() const override { return devices_; }
    bool available(DeviceIndex device) const override { return device < devices_ && device % nodes_ == 0; }

   private:
    std::uint64_t nodes_;
    std::uint64_t devices_;
  };

  Setup setup;
  LayoutPointer layout;
  std::shared_ptr<const Codec> codec =
      std::make_shared<compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});
  std::unique_ptr<FogNode> node;
  Digest digest{};
  Frame frame;
  Frame delta;
  Actions actions;
};

}  // namespace brume::fog_node
