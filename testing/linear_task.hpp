#pragma once

#include <memory>

#include "brume/testing/tree.hpp"
#include "brume/training.hpp"

namespace brume::testing {

/// What devices learn: y = w·x + noise, with examples that are a function of (seed, device) and lean a little
/// differently on each device.
class LinearTask {
 public:
  LinearTask(std::shared_ptr<const Algorithm> algorithm, std::shared_ptr<const Codec> uplink,
             const TreeOptions& options);

  const LayoutPointer& layout() const { return layout_; }
  std::uint64_t samples(DeviceIndex device) const { return 8 + device % 3; }
  /// Features and target of one example.
  struct Example {
    FloatVector x;
    float y = 0;
  };
  Example example(DeviceIndex device, std::uint64_t index) const;
  TrainingResult train(const TrainingJob& job) const;
  /// Half the mean squared error over all devices.
  double loss(std::span<const float> model) const;

 private:
  std::shared_ptr<const Algorithm> algorithm_;
  LayoutPointer layout_;
  std::uint64_t devices_;
  FloatVector truth_;
  TrainingSetup setup_;
};

}  // namespace brume::testing
