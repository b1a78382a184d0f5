#include "sim/transfers.hpp"

#include <gtest/gtest.h>

namespace brume::sim {
namespace {

// Two devices at 1 Mbit/s on a cloud of 1.5 Mbit/s, 10 ms of latency at the devices and 5 ms at the cloud.
struct Fixture {
  Fixture() {
    configs::DeviceGroup group;
    group.count = 2;
    group.link.up = group.link.down = 1e6;
    group.link.latency = 0.010;
    group.link.transmit_power = 2;
    fleet = std::make_unique<Fleet>(std::vector{group});
    cloud.up = cloud.down = 1.5e6;
    cloud.latency = 0.005;
    up = std::make_unique<Transfers>(Direction::up, cloud, *fleet, queue, totals);
  }
  UpdateMessage update(DeviceIndex device, std::size_t bytes) const {
    return {{1, device, 0}, {{"delta", std::make_shared<const std::vector<std::byte>>(bytes)}}, {}, 1, 1, 1};
  }
  std::unique_ptr<Fleet> fleet;
  configs::LinkSection cloud;
  EventQueue queue;
  Totals totals;
  std::unique_ptr<Transfers> up;
};

TEST(Transfers, DeliverAfterTheLastBitAndTheLatency) {
  Fixture f;
  const auto message = f.update(0, 10'000);
  const auto bytes = wire_bytes(message);
  f.up->send(Time{}, 0, message);
  const Time sent = f.up->next_completion();
  EXPECT_NEAR(in_seconds(sent), 8.0 * static_cast<double>(bytes) / 1e6, 2e-9);
  f.up->complete(sent);
  EXPECT_EQ(f.queue.next(), sent + std::chrono::milliseconds(15));
  const auto delivery = f.up->deliver(f.queue.pop().first);
  EXPECT_EQ(delivery.device, 0U);
  EXPECT_EQ(delivery.bytes, bytes);
  EXPECT_EQ(f.totals.device_up_bytes, bytes);
  EXPECT_NEAR(f.totals.radio_joules, 2 * in_seconds(sent), 1e-9);
}

TEST(Transfers, OneDeviceSendsOneMessageAfterTheOther) {
  Fixture f;
  f.up->send(Time{}, 0, f.update(0, 10'000));
  f.up->send(Time{}, 0, f.update(0, 10'000));
  f.up->send(Time{}, 1, f.update(1, 10'000));
  // Two flows share 1.5 Mbit/s: 0.75 each.
  EXPECT_NEAR(in_seconds(f.up->next_completion()), 0.107, 0.001);
}

TEST(Transfers, ADroppedMessageCountsWhatWasSent) {
  Fixture f;
  const auto message = f.update(0, 100'000);
  f.up->send(Time{}, 0, message);
  f.up->send(Time{}, 0, f.update(0, 10));
  const Time half(duration_from_seconds(0.4));
  EXPECT_TRUE(f.up->drop(half, {1, 0, 0}));
  EXPECT_NEAR(static_cast<double>(f.totals.device_up_bytes), 50'000, 2);
  EXPECT_LT(in_seconds(f.up->next_completion()), 0.402);
  EXPECT_FALSE(f.up->drop(half, {9, 0, 0}));
}

}  // namespace
}  // namespace brume::sim
