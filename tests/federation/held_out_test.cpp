#include "federation/held_out.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace brume::federation {
namespace {

// Device d has d + 1 examples, whose one feature and label name them.
class Numbered : public FederatedData {
 public:
  const DataShape& shape() const override { return shape_; }
  std::uint64_t device_count() const override { return 20; }
  std::uint64_t sample_count(DeviceIndex device) const override { return device + 1; }
  void load(DeviceIndex device, Examples& examples) const override {
    examples.resize(device + 1, 1);
    for (std::size_t i = 0; i <= device; ++i) {
      examples.features[i] = static_cast<float>(100 * device + i);
      examples.labels[i] = static_cast<std::int32_t>(i);
    }
  }
  std::uint64_t test_count() const override { return 0; }
  void load_test(std::uint64_t, std::uint64_t, Examples&) const override {}

 private:
  DataShape shape_{{1}, 20};
};

TEST(HeldOut, EachExampleIsOnOneSide) {
  const auto plain = std::make_shared<const Numbered>();
  const auto data = hold_out(plain, 0.25, 7);
  Examples train;
  Examples test;
  for (DeviceIndex device = 0; device < 20; ++device) {
    data->load(device, train);
    data->load_device_test(device, test);
    EXPECT_EQ(train.count, data->sample_count(device));
    EXPECT_EQ(test.count, data->device_test_count(device));
    EXPECT_EQ(train.count + test.count, device + 1);
    EXPECT_GE(train.count, 1U);
    if (device >= 1) {
      EXPECT_GE(test.count, 1U);
    }
    std::set<float> all(train.features.begin(), train.features.end());
    all.insert(test.features.begin(), test.features.end());
    EXPECT_EQ(all.size(), device + 1);
    EXPECT_TRUE(std::is_sorted(train.features.begin(), train.features.end()));
    for (std::size_t i = 0; i < test.count; ++i)
      EXPECT_EQ(test.features[i], static_cast<float>(100 * device) + static_cast<float>(test.labels[i]));
  }
  EXPECT_EQ(data->device_test_count(19), 5U);
  Examples other;
  hold_out(plain, 0.25, 8)->load_device_test(19, other);
  EXPECT_NE(other.labels, test.labels);
}

// Examples that overlap their three predecessors.
TEST(HeldOut, OverlappingExamplesAreKeptBackFromTheEnd) {
  class Overlapping : public Numbered {
   public:
    std::uint64_t overlap() const override { return 3; }
  };
  const auto data = hold_out(std::make_shared<const Overlapping>(), 0.25, 7);
  Examples train;
  Examples test;
  for (const DeviceIndex device : {1, 3, 19}) {
    data->load(device, train);
    data->load_device_test(device, test);
    EXPECT_EQ(train.count, data->sample_count(device));
    EXPECT_EQ(test.count, data->device_test_count(device));
    EXPECT_GE(train.count, 1U);
    EXPECT_EQ(test.features.back(), static_cast<float>(101 * device));
    if (device == 19) {
      EXPECT_EQ(test.features.front() - train.features.back(), 4);  // three between them
    }
  }
}

TEST(PoolAll, GivesEveryDeviceEverything) {
  const auto data = pool_all(hold_out(std::make_shared<const Numbered>(), 0.25, 7));
  Examples all;
  data->load(3, all);
  EXPECT_EQ(all.count, data->sample_count(0));
  EXPECT_EQ(all.count, 210U - 47U);  // Σ ⌊n / 4⌋, one at least where there are two
  EXPECT_EQ(data->device_test_count(19), 5U);
}

}  // namespace
}  // namespace brume::federation
