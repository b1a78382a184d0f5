#include "sim/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace brume::sim {
namespace {

// Two devices at 1 Mbit/s on a cloud of 1.5 Mbit/s, 10 ms of latency at the devices and 5 ms at the cloud.
struct Fixture {
  explicit Fixture(const std::vector<configs::FogTier>& tiers = {}, double setup = 0) : tree(tiers) {
    configs::DeviceGroup group;
    group.count = 2;
    group.link.up = group.link.down = 1e6;
    group.link.latency = 0.010;
    group.link.goodput = 1;
    group.link.setup = setup;
    group.link.transmit_power = 2;
    fleet = std::make_unique<Fleet>(std::vector{group});
    energy = std::make_unique<EnergyLedger>(fleet->groups());
    configs::LinkSection cloud;
    cloud.up = cloud.down = 1.5e6;
    cloud.goodput = 1;
    cloud.latency = 0.005;
    network = std::make_unique<Network>(cloud, *fleet, tree, queue, totals, *energy);
  }
  UpdateMessage update(DeviceIndex device, std::size_t bytes) const {
    return {{1, device, 0}, {{"delta", std::make_shared<const std::vector<std::byte>>(bytes)}}, {}, 1, 1, 1};
  }
  void send(DeviceIndex device, std::size_t bytes) {
    network->send(Time{}, Direction::up, NodeId::device(device), update(device, bytes));
  }
  // All of them end then.
  void finish_set_ups(double seconds) {
    while (queue.next() != kNever) {
      const auto event = queue.pop();
      EXPECT_EQ(in_seconds(event.at), seconds);
      network->ready(event.at, event.node, event.first);
    }
  }
  Tree tree;
  std::unique_ptr<Fleet> fleet;
  EventQueue queue;
  Totals totals;
  std::unique_ptr<EnergyLedger> energy;
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
  const auto energies = f.energy->at(sent);
  EXPECT_NEAR(energies[0].joules[static_cast<std::size_t>(PowerState::transmit)], 2 * in_seconds(sent), 1e-8);
}

// The radio connects first, draws power for it, and need not do so again for what follows.
TEST(Network, AnIdleLinkIsSetUpFirst) {
  Fixture f({}, 0.25);
  f.send(0, 10'000);
  f.send(0, 10'000);
  EXPECT_EQ(f.network->next_completion(), kNever);
  EXPECT_EQ(in_seconds(f.queue.next()), 0.25);
  const auto event = f.queue.pop();
  EXPECT_EQ(event.kind, QueuedEvent::Kind::link_ready);
  f.network->ready(event.at, event.node, event.first);
  const double transfer = 8.0 * static_cast<double>(wire_bytes(f.update(0, 10'000))) / 1e6;
  EXPECT_NEAR(in_seconds(f.network->next_completion()), 0.25 + transfer, 2e-9);
  f.network->complete(f.network->next_completion());
  EXPECT_NEAR(in_seconds(f.network->next_completion()), 0.25 + 2 * transfer, 4e-9);
  const auto energies = f.energy->at(event.at);
  EXPECT_NEAR(energies[0].seconds[static_cast<std::size_t>(PowerState::transmit)], 0.25 + transfer, 1e-6);
}

// What goes the other way waits for the same set-up, and only the one who began it pays.
TEST(Network, BothDirectionsWaitForASetUp) {
  Fixture f({}, 0.25);
  f.send(0, 10'000);
  f.network->send(Time(duration_from_seconds(0.1)), Direction::down, NodeId::device(0), f.update(0, 10));
  EXPECT_EQ(f.network->next_completion(), kNever);
  f.finish_set_ups(0.25);
  f.network->complete(f.network->next_completion());
  const auto energies = f.energy->at(Time(duration_from_seconds(1)));
  EXPECT_LT(energies[0].seconds[static_cast<std::size_t>(PowerState::receive)], 0.01);
}

// Dropped during a set-up, a message leaves the rest of it to the next one.
TEST(Network, ADropDuringASetUpDoesNotBeginItAgain) {
  Fixture f({}, 0.25);
  f.send(0, 10'000);
  auto second = f.update(0, 10'000);
  second.task.version = 2;
  f.network->send(Time{}, Direction::up, NodeId::device(0), second);
  EXPECT_TRUE(f.network->drop(Time(duration_from_seconds(0.2)), Direction::up, {1, 0, 0}));
  f.finish_set_ups(0.25);
  const Time sent = f.network->next_completion();
  f.network->complete(sent);
  const auto energies = f.energy->at(sent);
  EXPECT_NEAR(energies[0].seconds[static_cast<std::size_t>(PowerState::transmit)], in_seconds(sent), 1e-6);
}

// Gateways that pass on share their link, and their latency is on the way.
TEST(Network, AGatewaysLinkIsShared) {
  configs::FogTier gateway;
  gateway.count = 1;
  gateway.aggregates = false;
  gateway.link.up = gateway.link.down = 0.8e6;
  gateway.link.goodput = 1;
  gateway.link.latency = 0.020;
  Fixture f({gateway});
  f.send(0, 10'000);
  f.send(1, 10'000);
  const Time sent = f.network->next_completion();
  EXPECT_NEAR(in_seconds(sent), 2 * 8.0 * static_cast<double>(wire_bytes(f.update(0, 10'000))) / 0.8e6, 1e-8);
  f.network->complete(sent);
  EXPECT_EQ(f.queue.next(), sent + std::chrono::milliseconds(35));
}

// Wi-Fi: what one device sends and another receives share the channel's time.
TEST(Network, ACellsDirectionsShareItsTime) {
  configs::FogTier tier;
  tier.count = 1;
  tier.link.up = tier.link.down = 1e6;
  tier.cell.airtime = 1;
  for (const bool half : {false, true}) {
    tier.cell.half_duplex = half;
    Fixture f({tier});
    f.send(0, 10'000);
    f.network->send(Time{}, Direction::down, NodeId::device(1), f.update(1, 10'000));
    EXPECT_NEAR(in_seconds(f.network->next_completion()), half ? 0.161 : 0.081, 0.002);
  }
  // The same below a gateway is no tree, and the general solver has it.
  tier.aggregates = false;
  Fixture f({tier});
  f.send(0, 10'000);
  f.network->send(Time{}, Direction::down, NodeId::device(1), f.update(1, 10'000));
  EXPECT_NEAR(in_seconds(f.network->next_completion()), 0.161, 0.002);
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
  tier.link.goodput = 1;
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

TEST(Tree, WhatOnlyPassesOnIsNoNodeOfTheProtocol) {
  configs::FogTier upper;
  upper.count = 2;
  configs::FogTier gateways;
  gateways.count = 5;
  gateways.aggregates = false;
  const Tree tree({upper, gateways});
  EXPECT_EQ(tree.fog_nodes(), 2U);
  EXPECT_EQ(tree.parent_of(NodeId::device(13)), NodeId::fog(3 % 2));
  EXPECT_EQ(tree.children_role(NodeId::fog(1)), NodeId::Role::device);
  EXPECT_EQ(Tree({gateways}).parent_of(NodeId::device(3)), NodeId::cloud());
  EXPECT_EQ(Tree({gateways}).children_role(NodeId::cloud()), NodeId::Role::device);
  const Tree below({gateways, upper});
  EXPECT_EQ(below.parent_of(NodeId::fog(1)), NodeId::cloud());
  EXPECT_EQ(below.children_of(NodeId::cloud()), (std::vector{NodeId::fog(0), NodeId::fog(1)}));
}

}  // namespace
}  // namespace brume::sim
