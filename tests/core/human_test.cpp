#include "core/human.hpp"

#include <gtest/gtest.h>

namespace brume {
namespace {

TEST(Human, Figures) {
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(12'345'678), "12.3 MB");
  EXPECT_EQ(human_seconds(0.34), "340 ms");
  EXPECT_EQ(human_seconds(12.5), "12.5 s");
  EXPECT_EQ(human_seconds(200), "3 min 20 s");
  EXPECT_EQ(human_seconds(7500), "2 h 05 min");
  EXPECT_EQ(human_seconds(4 * 86400 + 3 * 3600), "4 d 03 h");
  EXPECT_EQ(human_flops(1.23e12), "1.23 TFLOP");
  EXPECT_EQ(human_count(28938), "28,938");
  EXPECT_EQ(human_count(999), "999");
}

TEST(Human, Joules) {
  EXPECT_EQ(human_joules(0), "0.00 mJ");
  EXPECT_EQ(human_joules(0.16), "160 mJ");
  EXPECT_EQ(human_joules(12), "12 J");
  EXPECT_EQ(human_joules(12'345), "12.3 kJ");
}

}  // namespace
}  // namespace brume
