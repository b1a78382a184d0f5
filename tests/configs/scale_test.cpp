#include "configs/scale.hpp"

#include <gtest/gtest.h>

#include "configs/document.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::configs {
namespace {

Configuration scaled(std::uint64_t devices) {
  static const Registry kRegistry = testing::fake_registry();
  static const Presets kPresets;
  return read_document_text(testing::fake_federation("selection: {uniform: {cohort: 10}}\n"), "f.yaml",
                            {{}, {}, devices}, kRegistry, kPresets)
      .configuration;
}

TEST(Scale, KeepsProportionsAndTheCohortsShare) {
  const auto larger = scaled(500);
  EXPECT_EQ(larger.devices[0].count, 300);
  EXPECT_EQ(larger.devices[1].count, 200);
  EXPECT_EQ(larger.selection->cohort(), 100U);
}

TEST(Scale, NeverLosesADeviceNorTheCohort) {
  for (const std::uint64_t devices : {1U, 2U, 3U, 7U, 49U, 51U}) {
    const auto configuration = scaled(devices);
    EXPECT_EQ(configuration.device_count(), devices);
    EXPECT_GE(configuration.selection->cohort(), 1U);
    EXPECT_LE(configuration.selection->cohort(), devices);
  }
}

TEST(Scale, ADeviceIsOfTheGroupThatCountsIt) {
  const auto configuration = scaled(50);
  const auto& groups = configuration.devices;
  for (const DeviceIndex device : {0U, 29U}) EXPECT_EQ(&configuration.group_of(device), &groups[0]);
  for (const DeviceIndex device : {30U, 49U}) EXPECT_EQ(&configuration.group_of(device), &groups[1]);
}

}  // namespace
}  // namespace brume::configs
