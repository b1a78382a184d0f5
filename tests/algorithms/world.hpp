#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "algorithms/registration.hpp"
#include "brume/registry.hpp"
#include "tests/algorithms/quadratics.hpp"
#include "tests/support/set_options.hpp"

// What the tests of algorithms begin with: components by name, a fleet of quadratic devices, a plan.
namespace brume::algorithms {

using testing::QuadraticDevice;
using testing::Quadratics;
using Values = std::map<std::string, std::string>;

template <class T>
std::shared_ptr<T> make(const std::string& name, Values values = {}) {
  Registry registry;
  register_algorithms(registry);
  auto chosen = Chosen<T>::make(registry, name);
  testing::SetOptions options(std::move(values));
  chosen->declare(options);
  EXPECT_EQ(options.wrong, "") << name;
  return chosen.component;
}

inline std::shared_ptr<const Algorithm> algorithm(const std::string& name, Values values = {}) {
  return make<Algorithm>(name, std::move(values));
}

inline TrainingPlan plan(std::int64_t steps, double rate, std::int64_t batch = 4) {
  TrainingPlan result;
  result.steps = steps;
  result.batch_size = batch;
  result.optimizer = make<Optimizer>("sgd", {{"learning_rate", std::to_string(rate)}});
  return result;
}

// Three devices that want different things, two of them with different curvature, of different sizes.
inline std::vector<QuadraticDevice> devices(std::size_t examples = 0, double noise = 0.5) {
  return {{1, {1, 2, -1, 0.5}, examples ? examples : 4, noise},
          {3, {-2, 0, 1, 4}, examples ? examples : 8, noise},
          {0.5, {0, -3, 2, -2}, examples ? examples : 12, noise}};
}

inline void expect_near(std::span<const float> a, std::span<const float> b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << what << ", element " << i;
}

// Five rounds of mini-batches with partial cohorts.
inline Parameters five_rounds(const std::shared_ptr<const Algorithm>& one, const std::vector<QuadraticDevice>& fleet) {
  Quadratics world(one, fleet, plan(6, 0.05, 2));
  for (const auto& cohort : std::vector<std::vector<DeviceIndex>>{{0, 1, 2}, {0, 2}, {1, 2}, {0, 1}, {2}})
    world.round(cohort);
  return world.model();
}

}  // namespace brume::algorithms
