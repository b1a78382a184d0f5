#include "algorithms/uniform_selection.hpp"

#include <gtest/gtest.h>

#include <set>

namespace brume::algorithms {
namespace {

class Crowd final : public Population {
 public:
  Crowd(std::uint64_t size, std::uint64_t every) : size_(size), every_(every) {}
  std::uint64_t size() const override { return size_; }
  bool available(DeviceIndex device) const override {
    ++asked;
    return device % every_ == 0;
  }
  mutable std::uint64_t asked = 0;

 private:
  std::uint64_t size_;
  std::uint64_t every_;
};

UniformSelection cohort_of(std::uint64_t cohort) {
  UniformSelection selection;
  selection.set_cohort(cohort);
  return selection;
}

TEST(UniformSelection, PicksDifferentAvailableDevices) {
  const Crowd crowd(1000, 2);
  const auto selected = cohort_of(100).select(crowd, 1, 7);
  EXPECT_EQ(std::set<DeviceIndex>(selected.begin(), selected.end()).size(), 100U);
  for (const auto device : selected) EXPECT_EQ(device % 2, 0U);
}

TEST(UniformSelection, TakesAllWhenThereAreFewer) {
  EXPECT_EQ(cohort_of(100).select(Crowd(1000, 50), 1, 7).size(), 20U);
}

TEST(UniformSelection, CostsCohortOverAvailabilityNotPopulation) {
  const Crowd crowd(10'000'000, 4);
  EXPECT_EQ(cohort_of(100).select(crowd, 1, 7).size(), 100U);
  EXPECT_LT(crowd.asked, 800U);
}

TEST(UniformSelection, IsAFunctionOfVersionAndSeed) {
  const Crowd crowd(1000, 1);
  EXPECT_EQ(cohort_of(10).select(crowd, 1, 7), cohort_of(10).select(crowd, 1, 7));
  EXPECT_NE(cohort_of(10).select(crowd, 1, 7), cohort_of(10).select(crowd, 2, 7));
  EXPECT_NE(cohort_of(10).select(crowd, 1, 7), cohort_of(10).select(crowd, 1, 8));
}

}  // namespace
}  // namespace brume::algorithms
