#include "sim/event_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "brume/random.hpp"

namespace brume::sim {
namespace {

TEST(EventQueue, OrdersByTimeThenBySequence) {
  EventQueue queue;
  EXPECT_EQ(queue.next(), kNever);
  using Kind = QueuedEvent::Kind;
  queue.schedule(Time(Duration(5)), Kind::timer, NodeId::cloud(), 1);
  queue.schedule(Time(Duration(3)), Kind::timer, NodeId::cloud(), 2);
  queue.schedule(Time(Duration(5)), Kind::timer, NodeId::cloud(), 3);
  queue.schedule(Time(Duration(3)), Kind::timer, NodeId::cloud(), 4);
  std::vector<std::uint64_t> order;
  while (queue.next() != kNever) order.push_back(queue.pop().first);
  EXPECT_EQ(order, (std::vector<std::uint64_t>{2, 4, 1, 3}));
}

// A deadline far ahead and then a crowd before it, as at the start of each round.
TEST(LadderQueue, ACrowdBeforeAFarEvent) {
  struct Event {
    Time at;
    std::uint64_t sequence;
  };
  LadderQueue<Event> ladder;
  ladder.push({Time(std::chrono::minutes(10)), 0});
  ladder.push({Time(), 1});
  EXPECT_EQ(ladder.pop().sequence, 1U);
  constexpr std::uint64_t kCrowd = 300'000;  // by insertion alone this would take minutes
  for (std::uint64_t i = 0; i < kCrowd; ++i)
    ladder.push({Time(Duration(static_cast<std::int64_t>(i * 7919 % kCrowd) * 1000)), 2 + i});
  Time last{};
  for (std::uint64_t i = 0; i < kCrowd; ++i) {
    const Time at = ladder.pop().at;
    ASSERT_GE(at, last);
    last = at;
  }
  EXPECT_EQ(ladder.pop().sequence, 0U);
}

// Against the standard library's heap: bursts, ties, events at once and far ahead, in between pops.
TEST(LadderQueue, OrdersAsAHeapDoes) {
  struct Event {
    Time at;
    std::uint64_t sequence;
  };
  const auto later = [](const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
  };
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Stream stream(seed, Purpose::plugin);
    LadderQueue<Event> ladder;
    std::vector<Event> heap;
    std::int64_t now = 0;
    std::uint64_t sequence = 0;
    const auto most = std::int64_t{1} << (1 + stream.below(61));
    for (int step = 0; step < 3000; ++step) {
      if (heap.empty() || stream.below(100) < (step < 1500 ? 60U : 40U)) {
        const auto ahead =
            stream.below(4) == 0 ? 0 : static_cast<std::int64_t>(stream.next64() % most) >> stream.below(20);
        const Event event{Time(Duration(now + std::min(ahead, kNever.time_since_epoch().count() - 1 - now))),
                          sequence++};
        ladder.push(event);
        heap.push_back(event);
        std::push_heap(heap.begin(), heap.end(), later);
      } else {
        std::pop_heap(heap.begin(), heap.end(), later);
        ASSERT_EQ(ladder.top().sequence, heap.back().sequence) << "seed " << seed;
        now = ladder.pop().at.time_since_epoch().count();
        heap.pop_back();
      }
      ASSERT_EQ(ladder.size(), heap.size());
      if (step % 500 == 0) {
        ASSERT_EQ(ladder.events().size(), heap.size());
      }
    }
  }
}

}  // namespace
}  // namespace brume::sim
