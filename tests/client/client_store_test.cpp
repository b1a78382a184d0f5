#include "client/client_store.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "core/archive.hpp"

namespace brume::client {
namespace {

State state_of(DeviceIndex device, std::size_t size = 100) {
  State state;
  state.vectors["v"].assign(size, static_cast<float>(device));
  state.integers["i"].assign(size, static_cast<std::int64_t>(device));
  state.scalars["s"] = static_cast<double>(device);
  return state;
}

TEST(ClientStore, HoldsNothingForWhoHoldsNothing) {
  ClientStore store;
  EXPECT_TRUE(store.algorithm_state(5).empty());
  store.put_algorithm_state(5, {});
  store.put_back_codec_state(5, {});
  store.stage({1, 5, 0}, {});
  EXPECT_EQ(store.bytes_in_memory(), 0U);
}

// Over the cap the least used go to disk and come back as they were, in any order of use.
TEST(ClientStore, SpillsAndBringsBack) {
  const std::uint64_t cap = 5 * state_of(1).bytes();
  ClientStore store(cap);
  for (DeviceIndex device = 1; device <= 40; ++device) {
    store.put_algorithm_state(device, state_of(device));
    ASSERT_LE(store.bytes_in_memory(), cap);
  }
  EXPECT_GT(store.bytes_on_disk(), 0U);
  Stream stream(1, Purpose::plugin);
  for (int i = 0; i < 2000; ++i) {
    const DeviceIndex device = 1 + stream.below(40);
    ASSERT_EQ(store.algorithm_state(device), state_of(device));
    ASSERT_LE(store.bytes_in_memory(), cap);
    if (stream.below(3) == 0) store.put_algorithm_state(device, state_of(device));
  }
  const auto on_disk = store.bytes_on_disk();
  EXPECT_LT(on_disk, 40 * 2 * state_of(1).bytes());  // places are used again
}

TEST(ClientStore, WithoutMemoryItLivesOnDisk) {
  ClientStore store(0);
  for (DeviceIndex device = 1; device <= 10; ++device) store.put_algorithm_state(device, state_of(device, 1 + device));
  EXPECT_EQ(store.bytes_in_memory(), 0U);
  for (DeviceIndex device = 1; device <= 10; ++device)
    EXPECT_EQ(store.algorithm_state(device), state_of(device, 1 + device));
}

TEST(ClientStore, ACodecsStockIsTakenOutAndAddedBack) {
  ClientStore store(100);
  State stock;
  stock.integers["residual/delta"] = {1, 2};
  store.put_back_codec_state(3, stock);
  EXPECT_EQ(store.take_codec_state(3), stock);
  EXPECT_TRUE(store.codec_state(3).empty());
  store.put_back_codec_state(3, stock);
  store.put_back_codec_state(3, stock);
  EXPECT_EQ(store.codec_state(3).integers.at("residual/delta"), (std::vector<std::int64_t>{2, 4}));
}

TEST(ClientStore, StagedStatesAreTheirTasks) {
  ClientStore store(0);
  store.stage({1, 3, 0}, {state_of(1), state_of(2)});
  store.stage({1, 3, 1}, {state_of(3), {}});
  EXPECT_TRUE(store.algorithm_state(3).empty());
  EXPECT_EQ(store.take_staged({1, 3, 0}).codec, state_of(2));
  EXPECT_EQ(store.take_staged({1, 3, 1}).algorithm, state_of(3));
  EXPECT_TRUE(store.take_staged({1, 3, 1}).algorithm.empty());
}

TEST(ClientStore, IsArchivedWhereverItsStatesLie) {
  ClientStore store(3 * state_of(1).bytes());
  for (DeviceIndex device = 1; device <= 9; ++device) store.put_algorithm_state(device, state_of(device));
  const auto bytes = archived(store);
  ClientStore again;
  ArchiveReader reader(bytes);
  reader(again);
  for (DeviceIndex device = 1; device <= 9; ++device) EXPECT_EQ(again.algorithm_state(device), state_of(device));
}

TEST(ClientStore, SaysWhereItCannotWrite) {
  ClientStore store(0, "/nowhere");
  EXPECT_THROW(store.put_algorithm_state(1, state_of(1)), Error);
}

}  // namespace
}  // namespace brume::client
