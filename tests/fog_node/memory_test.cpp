// What a fog node holds: the same for 10 and for 10,000 updates a round, receipts apart.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <numeric>

#include "tests/fog_node/driver.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BRUME_SANITIZED 1  // they have allocators of their own
#else
namespace {

std::size_t live_bytes = 0;

// Not inlined: GCC 12 would take new and free for a mismatch.
[[gnu::noinline]] void* counted(void* pointer) {
  if (!pointer) throw std::bad_alloc();
  live_bytes += malloc_usable_size(pointer);
  return pointer;
}
[[gnu::noinline]] void release(void* pointer) {
  if (pointer) live_bytes -= malloc_usable_size(pointer);
  std::free(pointer);
}

}  // namespace

void* operator new(std::size_t size) { return counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void operator delete(void* pointer) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t /*size*/) noexcept { release(pointer); }
void operator delete(void* pointer, std::align_val_t /*alignment*/) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept { release(pointer); }
#endif

namespace brume::fog_node {
namespace {

#ifndef BRUME_SANITIZED

struct Held {
  std::size_t folded = 0;   // after the last update but one
  std::size_t owed = 0;     // after the part was stored
  std::size_t settled = 0;  // after all devices have acknowledged
};

Held held_with(std::uint64_t updates) {
  Driver driver(1, updates, 20'000);
  std::vector<DeviceIndex> devices(updates);
  std::iota(devices.begin(), devices.end(), DeviceIndex{0});
  const std::size_t before = live_bytes;
  const auto held = [&] {
    Actions().swap(driver.actions);  // an assignment would keep its room
    return live_bytes - before;
  };
  Held result;
  driver.assign(0, std::vector<DeviceIndex>(devices));
  for (const auto device : devices) {
    if (device + 1 == updates) result.folded = held();
    driver.tell(driver.update(0, device, 1));
  }
  driver.tell(Driver::from_parent(StoredMessage{{0, 0, 0}}));
  result.owed = held();
  driver.tell(Driver::from_parent(SettledMessage{{0, 0, 0}, Outcome::included}));
  for (const auto device : devices) driver.tell(Received{NodeId::device(device), AcknowledgedMessage{{0, device, 0}}});
  result.settled = held();
  return result;
}

TEST(FogNodeMemory, DoesNotGrowWithTheNumberOfUpdates) {
  constexpr std::size_t kFew = 10;
  constexpr std::size_t kMany = 10'000;
  constexpr double kSlack = 16'384;  // malloc's rounding, books of versions
  const auto few = held_with(kFew);
  const auto many = held_with(kMany);
  const double receipts = static_cast<double>(kMany - kFew) * sizeof(Receipt);
  EXPECT_NEAR(static_cast<double>(many.folded), static_cast<double>(few.folded) + receipts, kSlack);
  EXPECT_NEAR(static_cast<double>(many.owed), static_cast<double>(few.owed) + receipts, kSlack);
  EXPECT_NEAR(static_cast<double>(many.settled), static_cast<double>(few.settled), kSlack);
  EXPECT_GT(few.folded, 20'000U * 8);  // the sum itself
}

#endif

TEST(FogNodeMemory, AReceiptIsSmall) { EXPECT_LE(sizeof(Receipt), 32U); }

}  // namespace
}  // namespace brume::fog_node
