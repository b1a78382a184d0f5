#include "federation/link_model.hpp"

#include <gtest/gtest.h>

namespace brume::federation {
namespace {

// Semtech AN1200.13, §4, written out once more in integers: symbols of 2^SF / 125 kHz.
double semtech(int spreading, int payload) {
  const int optimise = spreading >= 11 ? 1 : 0;
  const int numerator = 8 * payload - 4 * spreading + 28 + 16;
  const int denominator = 4 * (spreading - 2 * optimise);
  const int blocks = numerator > 0 ? (numerator + denominator - 1) / denominator : 0;
  return (12.25 + 8 + blocks * 5) * static_cast<double>(1 << spreading) / 125'000;
}

TEST(LoraAirtime, IsSemtechsFormula) {
  for (int data_rate = 0; data_rate <= 5; ++data_rate)
    for (int payload = 0; payload <= 255; ++payload)
      ASSERT_NEAR(lora_airtime(data_rate, static_cast<std::uint64_t>(payload)), semtech(12 - data_rate, payload),
                  1e-12);
}

// Figures of others: the spreadsheet after AN1200.13 that is passed around (13 bytes at SF9: 164.864 ms) and the
// calculator of rfwireless-world (10 bytes: 41.216 ms at SF7, 577.536 ms at SF11).
TEST(LoraAirtime, GivesPublishedFigures) {
  EXPECT_NEAR(lora_airtime(3, 13), 0.164864, 1e-9);
  EXPECT_NEAR(lora_airtime(5, 10), 0.041216, 1e-9);
  EXPECT_NEAR(lora_airtime(1, 10), 0.577536, 1e-9);
}

TEST(LoraAirtime, MessagesAreCutIntoFrames) {
  EXPECT_DOUBLE_EQ(lorawan_airtime(5, 222), lora_airtime(5, 235));
  EXPECT_DOUBLE_EQ(lorawan_airtime(5, 223), lora_airtime(5, 235) + lora_airtime(5, 14));
  EXPECT_DOUBLE_EQ(lorawan_airtime(0, 102), 2 * lora_airtime(0, 64));
  EXPECT_DOUBLE_EQ(lorawan_airtime(3, 0), lora_airtime(3, 13));
}

configs::LinkSection link_of(double rate) {
  configs::LinkSection link;
  link.up = link.down = rate;
  return link;
}

TEST(LinkModel, FramingTakesItsShare) {
  const auto link = link_of(100e6);
  EXPECT_DOUBLE_EQ(link_rate(link, Direction::up), 94e6);
  EXPECT_NEAR(link_seconds(link, Direction::up, 1'000'000), 8e6 / 94e6, 1e-12);
}

// A megabyte over DR5 at 1 % of the time: 40.6 hours at the bare rate, a little more in frames.
TEST(LinkModel, ADutyCycleMakesHoursOfSeconds) {
  auto link = link_of(5470);
  link.goodput = 1;
  link.duty_cycle = 0.01;
  EXPECT_NEAR(link_seconds(link, Direction::up, 1'000'000) / 3600, 40.6, 0.05);
  link.lora = "DR5";
  EXPECT_NEAR(link_seconds(link, Direction::up, 1'000'000), lorawan_airtime(5, 1'000'000) / 0.01, 1e-3);
  EXPECT_NEAR(link_seconds(link, Direction::up, 1'000'000) / 3600, 46.2, 0.1);
}

TEST(LinkModel, ShowsItsArithmetic) {
  auto link = link_of(26e3);
  EXPECT_EQ(link_arithmetic(link, Direction::down, 200'000'000), "200 MB × 8 / (26 kbit/s × 0.94) = 18 h 11 min");
}

}  // namespace
}  // namespace brume::federation
