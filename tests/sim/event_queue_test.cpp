#include "sim/event_queue.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace brume::sim
