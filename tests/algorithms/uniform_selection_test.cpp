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

std::vector<DeviceIndex> select(std::uint64_t cohort, const Population& population, Version version,
                                std::uint64_t seed) {
  const auto ranking = cohort_of(cohort).ranking(population.size(), version, seed);
  std::vector<DeviceIndex> devices;
  for (const auto rank : available_ranks(*ranking, population, {0, population.size()}, cohort))
    devices.push_back(ranking->device(rank));
  return devices;
}

TEST(UniformSelection, PicksDifferentAvailableDevices) {
  const Crowd crowd(1000, 2);
  const auto selected = select(100, crowd, 1, 7);
  EXPECT_EQ(std::set<DeviceIndex>(selected.begin(), selected.end()).size(), 100U);
  for (const auto device : selected) EXPECT_EQ(device % 2, 0U);
}

TEST(UniformSelection, TakesAllWhenThereAreFewer) { EXPECT_EQ(select(100, Crowd(1000, 50), 1, 7).size(), 20U); }

TEST(UniformSelection, CostsCohortOverAvailabilityNotPopulation) {
  const Crowd crowd(10'000'000, 4);
  EXPECT_EQ(select(100, crowd, 1, 7).size(), 100U);
  EXPECT_LT(crowd.asked, 800U);
}

TEST(UniformSelection, IsAFunctionOfVersionAndSeed) {
  const Crowd crowd(1000, 1);
  EXPECT_EQ(select(10, crowd, 1, 7), select(10, crowd, 1, 7));
  EXPECT_NE(select(10, crowd, 1, 7), select(10, crowd, 2, 7));
  EXPECT_NE(select(10, crowd, 1, 7), select(10, crowd, 1, 8));
}

// Nodes of a tree look at windows of ranks; together they find the same cohort.
TEST(UniformSelection, WindowsOfRanksAddUp) {
  const Crowd crowd(1000, 3);
  const auto ranking = cohort_of(40).ranking(1000, 5, 7);
  std::vector<DeviceIndex> found;
  for (std::uint64_t first = 0; first < 1000 && found.size() < 40; first += 30)
    for (const auto rank : available_ranks(*ranking, crowd, {first, std::min<std::uint64_t>(first + 30, 1000)}, 1000))
      if (found.size() < 40) found.push_back(ranking->device(rank));
  EXPECT_EQ(found, select(40, crowd, 5, 7));
}

}  // namespace
}  // namespace brume::algorithms
