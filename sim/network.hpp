#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>

#include "messages/messages.hpp"
#include "sim/event_queue.hpp"
#include "sim/fleet.hpp"
#include "sim/star_link.hpp"
#include "sim/totals.hpp"
#include "sim/tree.hpp"

namespace brume::sim {

/// Messages on their way between the nodes of the tree and their parents. Each node's messages go one after the other
/// in each direction, as over one connection, so a node is at most one flow a direction. Flows between the cloud and
/// its children share the cloud's link; others go at the speed of the node's own. A message is delivered its latency
/// after its last bit was sent.
class Network {
 public:
  enum class Direction : std::uint8_t { down, up };

  Network(const configs::LinkSection& cloud, const Fleet& fleet, const Tree& tree, EventQueue& queue, Totals& totals);

  /// Sends to a node from its parent (down) or from it to its parent (up).
  void send(Time now, Direction direction, NodeId node, Message message);
  Time next_completion();
  /// The flow that next_completion() is about has been sent: schedules its delivery, starts the node's next.
  void complete(Time now);
  /// The message that a `delivered` event is about.
  struct Delivery {
    Direction direction = Direction::down;
    NodeId node;  ///< the lower end
    Message message;
    std::uint64_t bytes = 0;
  };
  Delivery deliver(std::uint64_t transfer);
  /// Stops the model or the update of this task that is under way or queued; returns whether one was.
  bool drop(Time now, Direction direction, const TaskId& task);
  /// Stops everything; what has been sent is counted.
  void stop(Time now);

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Transfer {
    Direction direction = Direction::down;
    NodeId node;
    Message message;
    std::uint64_t bytes = 0;
    Time started;
    template <class Archive>
    void describe(Archive& archive);
  };
  using Lane = std::pair<Direction, NodeId>;
  void start_next(Time now, const Lane& lane);
  void stop_flow(Time now, std::uint64_t id);
  void account(const Transfer& transfer, std::uint64_t bytes, Time now);
  const configs::LinkSection& link_of(NodeId node) const;
  bool at_the_cloud(NodeId node) const { return tree_.parent_of(node) == NodeId::cloud(); }
  StarLink& star_of(const Transfer& transfer);

  const configs::LinkSection cloud_;
  const Fleet& fleet_;
  const Tree& tree_;
  EventQueue& queue_;
  Totals& totals_;
  std::array<StarLink, 4> stars_;  // cloud down and up, below the cloud down and up
  std::map<std::uint64_t, Transfer> transfers_;
  std::map<Lane, std::deque<std::uint64_t>> waiting_;  // the first is the flow
  std::uint64_t next_id_ = 0;
};

}  // namespace brume::sim
