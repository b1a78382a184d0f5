#include "sim/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace brume::sim {
namespace {

using Direction = Network::Direction;

// Two devices at 1 Mbit/s on a cloud of 1.5 Mbit/s, 10 ms of latency at the devices and 5 ms at the cloud.
struct Fixture {
  explicit Fixture(const std::vector<configs::FogTier>& tiers = {}) : tree(tiers) {
    configs::DeviceGroup group;
    group.count = 2;
    group.link.up = group.link.down = 1e6;
    group.link.latency = 0.010;
    group.link.transmit_power = 2;
    fleet = std::make_unique<Fleet>(std::vector{group});
    configs::LinkSection cloud;
    cloud.up = cloud.down = 1.5e6;
    cloud.latency = 0.005;
    network = std::make_unique<Network>(cloud, *fleet, tree, queue, totals);
  }
  UpdateMessage update(DeviceIndex device, std::size_t bytes) const {
    return {{1, device, 0}, {{"delta", std::make_shared<const std::vector<std::byte>>(bytes)}}, {}, 1, 1, 1};
  }
  void send(DeviceIndex device, std::size_t bytes) {
    network->send(Time{}, Direction::up, NodeId::device(device), update(device, bytes));
  }
  Tree tree;
  std::unique_ptr<Fleet> fleet;
  EventQueue queue;
  Totals totals;
  std::unique_ptr<Network> network;
};

TEST(Network, DeliversAfterTheLastBitAndTheLatency) {
  Fixture f;
  const auto bytes = wire_bytes(f.update(0, 10'000));
  f.send(0, 10'000);
  const Time sent = f.network->next_completion();
  EXPECT_NEAR(in_seconds(sent), 8.0 * static_cast<double>(bytes) / 1e6, 2e-9);
  f.network->complete(sent);
  EXPECT_EQ(f.queue.next(), sent + std::chrono::milliseconds(15));
  const auto delivery = f.network->deliver(f.queue.pop().first);
  EXPECT_EQ(delivery.node, NodeId::device(0));
  EXPECT_EQ(delivery.bytes, bytes);
  EXPECT_EQ(f.totals.device_up_bytes, bytes);
  EXPECT_NEAR(f.totals.radio_joules, 2 * in_seconds(sent), 1e-9);
}

TEST(Network, OneNodeSendsOneMessageAfterTheOther) {
  Fixture f;
  f.send(0, 10'000);
  f.send(0, 10'000);
  f.send(1, 10'000);
  // Two flows share 1.5 Mbit/s: 0.75 each.
  EXPECT_NEAR(in_seconds(f.network->next_completion()), 0.107, 0.001);
}

// Below a fog node a device has its link for itself, and the cloud's latency is not on its way.
TEST(Network, DevicesOfAFogNodeDoNotShareTheCloudsLink) {
  configs::FogTier tier;
  tier.count = 1;
  tier.link.up = tier.link.down = 1e6;
  tier.link.latency = 0.020;
  Fixture f({tier});
  f.send(0, 10'000);
  f.send(1, 10'000);
  const Time sent = f.network->next_completion();
  EXPECT_NEAR(in_seconds(sent), 0.080, 0.001);
  f.network->complete(sent);
  EXPECT_EQ(f.queue.next(), sent + std::chrono::milliseconds(10));
  PartialMessage partial;
  partial.aggregate = std::make_shared<const std::vector<std::byte>>(1000);
  f.network->send(sent, Direction::up, NodeId::fog(0), partial);
  while (f.network->next_completion() != kNever) f.network->complete(f.network->next_completion());
  EXPECT_GT(f.totals.fog_up_bytes, 1000U);
  EXPECT_GT(f.totals.device_up_bytes, 20'000U);
}

TEST(Network, ADroppedMessageCountsWhatWasSent) {
  Fixture f;
  f.send(0, 100'000);
  f.send(0, 10);
  const Time half(duration_from_seconds(0.4));
  EXPECT_TRUE(f.network->drop(half, Direction::up, {1, 0, 0}));
  EXPECT_NEAR(static_cast<double>(f.totals.device_up_bytes), 50'000, 2);
  EXPECT_LT(in_seconds(f.network->next_completion()), 0.402);
  EXPECT_FALSE(f.network->drop(half, Direction::up, {9, 0, 0}));
}

TEST(Tree, DealsRoundRobin) {
  configs::FogTier upper;
  upper.count = 2;
  configs::FogTier lower;
  lower.count = 5;
  const Tree tree({upper, lower});
  EXPECT_EQ(tree.fog_nodes(), 7U);
  EXPECT_EQ(tree.parent_of(NodeId::device(12)), NodeId::fog(2 + 2));
  EXPECT_EQ(tree.parent_of(NodeId::fog(2 + 3)), NodeId::fog(1));
  EXPECT_EQ(tree.parent_of(NodeId::fog(1)), NodeId::cloud());
  EXPECT_EQ(tree.children_of(NodeId::fog(0)), (std::vector{NodeId::fog(2), NodeId::fog(4), NodeId::fog(6)}));
  EXPECT_EQ(tree.children_role(NodeId::cloud()), NodeId::Role::fog);
  EXPECT_EQ(tree.children_role(NodeId::fog(0)), NodeId::Role::fog);
  EXPECT_EQ(tree.children_role(NodeId::fog(3)), NodeId::Role::device);
  EXPECT_EQ(Tree({}).parent_of(NodeId::device(3)), NodeId::cloud());
}

}  // namespace
}  // namespace brume::sim
