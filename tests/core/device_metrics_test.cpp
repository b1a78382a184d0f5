#include <gtest/gtest.h>

#include "brume/training.hpp"

namespace brume {
namespace {

TEST(DeviceMetrics, SummariseDevicesThatHadExamples) {
  std::vector<Metrics> devices;
  for (int i = 1; i <= 20; ++i) devices.push_back({1.0 * i, 0.05 * i, {}, 10});
  devices.push_back({});
  const auto all = summarise(devices);
  EXPECT_EQ(all.devices, 20U);
  EXPECT_NEAR(all.loss, 10.5, 1e-12);
  EXPECT_NEAR(all.accuracy, 0.525, 1e-12);
  EXPECT_NEAR(all.worst_decile, 0.075, 1e-12);  // of 0.05 and 0.1
  ASSERT_EQ(all.deciles.size(), 11U);
  EXPECT_NEAR(all.deciles[0], 0.05, 1e-12);
  EXPECT_NEAR(all.deciles[5], 0.5, 1e-12);
  EXPECT_NEAR(all.deciles[10], 1.0, 1e-12);
}

TEST(DeviceMetrics, AreEmptyWithoutExamples) {
  const auto none = summarise({{}, {}});
  EXPECT_EQ(none.devices, 0U);
  EXPECT_TRUE(none.deciles.empty());
}

}  // namespace
}  // namespace brume
