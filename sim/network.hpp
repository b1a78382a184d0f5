#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "messages/messages.hpp"
#include "sim/energy.hpp"
#include "sim/event_queue.hpp"
#include "sim/span.hpp"
#include "sim/wiring.hpp"

namespace brume::sim {

/// Messages on their way between the nodes of the tree and their parents. Each node's messages go one after the other
/// in each direction, as over one connection, so a node is at most one flow a direction. A flow gets what its node's
/// link and the shared links on its way leave it; it begins after the link's set-up if the link was idle, and its
/// message is delivered its latency after its last bit was sent.
class Network {
 public:
  using Direction = sim::Direction;
  /// Bytes of a message on the wire.
  using Measure = std::function<std::uint64_t(const Message&)>;
  using Watch = std::function<void(const Span&)>;

  /// `watch` may be empty.
  Network(const configs::LinkSection& cloud, const Fleet& fleet, const Tree& tree, EventQueue& queue, Totals& totals,
          EnergyLedger& energy, Measure measure = wire_bytes, Watch watch = {});

  /// Sends to a node from its parent (down) or from it to its parent (up).
  void send(Time now, Direction direction, NodeId node, Message message);
  /// The set-up of a node's link has ended, for which this transfer has waited.
  void ready(Time now, NodeId node, std::uint64_t transfer);
  Time next_completion() const;
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
    double bits = 0;  // of the flow
    Time started;     // with its set-up
    double setup = 0;
    bool flowing = false;
    FlowNetwork::FlowHandle flow = 0;
    template <class Archive>
    void describe(Archive& archive);
  };
  using Lane = std::pair<Direction, NodeId>;
  // A link that is being set up: both of its directions wait, the one that began it pays for it.
  struct Setup {
    Time ready;
    Direction payer = Direction::down;
    template <class Archive>
    void describe(Archive& archive) {
      archive(ready, payer);
    }
  };
  double catch_up(Time now);
  bool idle(NodeId node) const;
  void start_next(Time now, const Lane& lane);
  void wait_for_setup(Time now, std::uint64_t id);
  void start_flow(Time now, std::uint64_t id);
  void stop_transfer(Time now, std::uint64_t id);
  void account(const Transfer& transfer, double share, Time now);

  const Fleet& fleet_;
  Wiring wiring_;
  EventQueue& queue_;
  Totals& totals_;
  EnergyLedger& energy_;
  Measure measure_;
  Watch watch_;
  std::unique_ptr<FairTree> tree_;
  std::unique_ptr<FairMesh> mesh_;
  FlowNetwork* flows_;                                // one of the two
  double last_ = 0;                                   // seconds, where the flows are
  std::deque<std::pair<Time, std::uint64_t>> ended_;  // flows that have, not yet completed
  std::map<std::uint64_t, Transfer> transfers_;
  std::map<Lane, std::deque<std::uint64_t>> waiting_;  // the first is the flow
  std::map<NodeId, Setup> setups_;
  std::uint64_t next_id_ = 0;
};

}  // namespace brume::sim
