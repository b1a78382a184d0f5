#pragma once

#include <map>
#include <memory>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/local_sgd.hpp"

namespace brume::testing {

/// A device of which the loss of example i is ½·a·Σ(wⱼ − bⱼ − noiseᵢⱼ)², noise that sums to zero: the gradient over all
/// examples is a·(w − b), with any batch size that divides the examples the expectation too.
struct QuadraticDevice {
  double curvature = 1;
  std::vector<double> optimum;
  std::size_t examples = 4;
  double noise = 0;
};

/// A federation of such devices in a few lines and without messages: every device of a round trains, the server steps.
/// States are committed. Algorithms' properties can be computed by hand here.
class Quadratics {
 public:
  Quadratics(std::shared_ptr<const Algorithm> algorithm, std::vector<QuadraticDevice> devices, TrainingPlan plan);

  /// A round of these devices; of all if none are named.
  void round(std::vector<DeviceIndex> cohort = {});
  void rounds(int count) {
    for (int i = 0; i < count; ++i) round();
  }

  const Parameters& model() const { return model_; }
  Parameters& model() { return model_; }
  /// The model that a device would use.
  std::vector<float> personal(DeviceIndex device) const;
  State& state(DeviceIndex device) { return states_[device]; }
  const State& server_state() const { return server_state_; }
  std::vector<NamedScalar> columns() const { return columns_; }
  /// The mean loss of all devices, each counting by its examples.
  double loss() const;
  /// Where that is least: Σ nₖaₖbₖ / Σ nₖaₖ.
  std::vector<double> optimum() const;

 private:
  class Context;
  Contribution train(DeviceIndex device);

  std::shared_ptr<const Algorithm> algorithm_;
  std::vector<QuadraticDevice> devices_;
  TrainingPlan plan_;
  Parameters model_;
  State server_state_;
  std::map<DeviceIndex, State> states_;
  std::vector<NamedScalar> columns_;
  Version version_ = 0;
};

}  // namespace brume::testing
