#include "federation/feature_shift.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "federation/held_out.hpp"

namespace brume::federation {
namespace {

// Every device has the same images: a bright row in the middle of 5×5 pixels.
class Stripes final : public FederatedData {
 public:
  explicit Stripes(DataShape shape = {{1, 5, 5}, 2}) : shape_(std::move(shape)) {}
  const DataShape& shape() const override { return shape_; }
  std::uint64_t device_count() const override { return 400; }
  std::uint64_t sample_count(DeviceIndex) const override { return 4; }
  void load(DeviceIndex, Examples& examples) const override { load_test(0, 4, examples); }
  std::uint64_t test_count() const override { return 4; }
  void load_test(std::uint64_t, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, shape_.width());
    for (std::size_t i = 0; i < examples.features.size(); ++i)
      examples.features[i] = i % 25 >= 10 && i % 25 < 15 ? 1.0F : 0.0F;
  }

 private:
  DataShape shape_;
};

std::shared_ptr<const FederatedData> shifted(const configs::ShiftSection& shift) {
  return shift_features(std::make_shared<const Stripes>(), shift, 3);
}

TEST(FeatureShift, GainAndOffsetAreADevicesOwn) {
  configs::ShiftSection shift;
  shift.gain = 0.3;
  shift.offset = 2;
  const auto data = shifted(shift);
  Examples examples;
  double gains = 0, square_gains = 0, square_offsets = 0;
  for (DeviceIndex device = 0; device < 400; ++device) {
    data->load(device, examples);
    const double offset = examples.features[0];
    const double gain = std::log(examples.features[12] - offset);
    for (std::size_t i = 0; i < 100; i += 25) EXPECT_EQ(examples.features[i], examples.features[0]);
    gains += gain / 400;
    square_gains += gain * gain / 400;
    square_offsets += offset * offset / 400;
  }
  EXPECT_NEAR(gains, 0, 0.05);
  EXPECT_NEAR(std::sqrt(square_gains), 0.3, 0.03);
  EXPECT_NEAR(std::sqrt(square_offsets), 2, 0.2);
}

TEST(FeatureShift, TestsOfTheFederationStayAsTheyAre) {
  configs::ShiftSection shift;
  shift.offset = 5;
  const auto data = shifted(shift);
  const Stripes plain;
  Examples a, b;
  data->load_test(0, 4, a);
  plain.load_test(0, 4, b);
  EXPECT_EQ(a.features, b.features);
}

TEST(FeatureShift, WhatADeviceKeepsBackIsShiftedWithTheRest) {
  configs::ShiftSection shift;
  shift.offset = 5;
  const auto data = hold_out(shifted(shift), 0.5, 1);
  Examples train, test;
  data->load(7, train);
  data->load_device_test(7, test);
  EXPECT_EQ(train.features[0], test.features[0]);
}

TEST(FeatureShift, NoiseHasTheDeviationThatADeviceDrew) {
  configs::ShiftSection shift;
  shift.noise = 0.4;
  const auto data = shifted(shift);
  Examples examples, again;
  double square = 0;
  for (DeviceIndex device = 0; device < 400; ++device) {
    data->load(device, examples);
    for (std::size_t i = 0; i < 10; ++i) square += std::pow(examples.features[i], 2) / 4000;
  }
  EXPECT_NEAR(square, 0.16 / 3, 0.008);  // deviations are uniform in 0 … 0.4
  data->load(5, examples);
  data->load(5, again);
  EXPECT_EQ(examples.features, again.features);
}

// A stripe keeps what it holds but for the corners, and a stripe that is turned is no longer one.
TEST(FeatureShift, RotationTurnsAboutTheMiddle) {
  configs::ShiftSection shift;
  shift.rotation = 30;
  const auto data = shifted(shift);
  Examples examples;
  int turned = 0;
  for (DeviceIndex device = 0; device < 400; ++device) {
    data->load(device, examples);
    EXPECT_NEAR(examples.features[12], 1, 1e-6);
    double left = 0, right = 0;
    for (std::size_t row = 0; row < 5; ++row) {
      left += static_cast<double>(row) * examples.features[5 * row];
      right += static_cast<double>(row) * examples.features[5 * row + 4];
      EXPECT_NEAR(examples.features[5 * row], examples.features[5 * (4 - row) + 4], 1e-5);  // point symmetry
    }
    turned += std::fabs(left - right) > 0.2 ? 1 : 0;
  }
  EXPECT_GT(turned, 300);
}

TEST(FeatureShift, SaysWhatCannotBeShifted) {
  configs::ShiftSection shift;
  shift.rotation = 10;
  EXPECT_THROW(shift_features(std::make_shared<const Stripes>(DataShape{{25}, 2}), shift, 1), RequestError);
  const DataShape text{{25}, 2, LearningTask::classification, 60};
  EXPECT_THROW(shift_features(std::make_shared<const Stripes>(text), {0, 1, 0, 0}, 1), RequestError);
}

}  // namespace
}  // namespace brume::federation
