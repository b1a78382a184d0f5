#include "brume/testing/tree.hpp"

#include <gtest/gtest.h>

#include "algorithms/fedavg.hpp"

namespace brume::testing {
namespace {

// The whole of what a test of an algorithm needs.
TEST(Tree, FiveDevicesLearnInFiveLines) {
  Tree tree(std::make_shared<algorithms::FedAvg>(), {.devices = 5, .tiers = {2}, .rounds = 20});
  const double before = tree.loss();
  tree.run();
  EXPECT_LT(tree.loss(), 0.1 * before);
  EXPECT_EQ(tree.rounds().size(), 20U);
}

TEST(Tree, TheSameSeedGivesTheSameRun) {
  const TreeOptions options{.devices = 7, .tiers = {3}, .rounds = 5, .faults = Faults::random(4)};
  Tree a(std::make_shared<algorithms::FedAvg>(), options);
  Tree b(std::make_shared<algorithms::FedAvg>(), options);
  a.run();
  b.run();
  EXPECT_EQ(a.model().digest(), b.model().digest());
  EXPECT_EQ(a.events(), b.events());
}

}  // namespace
}  // namespace brume::testing
