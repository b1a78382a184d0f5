#include "brume/batches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace brume {
namespace {

Stream stream() { return {1, Purpose::shuffle}; }

TEST(Batches, EachEpochSeesEveryRowOnceInANewOrder) {
  Batches batches(25, {.epochs = 2, .batch_size = 10}, stream());
  std::vector<std::vector<std::uint32_t>> epochs(2);
  std::vector<std::size_t> sizes;
  for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
    auto& epoch = epochs[sizes.size() / 3];
    epoch.insert(epoch.end(), batch.begin(), batch.end());
    sizes.push_back(batch.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 10, 5, 10, 10, 5}));
  EXPECT_NE(epochs[0], epochs[1]);
  for (const auto& epoch : epochs) EXPECT_EQ(std::set<std::uint32_t>(epoch.begin(), epoch.end()).size(), 25U);
}

TEST(Batches, StepsWrapAround) {
  Batches batches(3, {.steps = 5, .batch_size = 2}, stream());
  int count = 0;
  while (!batches.next().empty()) ++count;
  EXPECT_EQ(count, 5);
}

TEST(Batches, NoRowsMeanNoBatches) {
  Batches batches(0, {.steps = 5, .batch_size = 2}, stream());
  EXPECT_TRUE(batches.next().empty());
}

}  // namespace
}  // namespace brume
