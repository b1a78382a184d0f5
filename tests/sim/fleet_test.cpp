#include "sim/fleet.hpp"

#include <gtest/gtest.h>

namespace brume::sim {
namespace {

TEST(Fleet, FindsTheGroupOfADevice) {
  configs::DeviceGroup a;
  a.count = 3;
  a.profile.preset = "a";
  auto b = a;
  b.profile.preset = "b";
  b.count = 1;
  const Fleet fleet({a, b});
  EXPECT_EQ(fleet.size(), 4U);
  EXPECT_EQ(fleet.group_of(0).profile.preset, "a");
  EXPECT_EQ(fleet.group_of(2).profile.preset, "a");
  EXPECT_EQ(fleet.group_of(3).profile.preset, "b");
  EXPECT_FALSE(fleet.available(4));
}

}  // namespace
}  // namespace brume::sim
