#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "brume/testing/tree.hpp"
#include "client/client.hpp"
#include "client/model_receiver.hpp"
#include "messages/events.hpp"
#include "messages/role.hpp"
#include "testing/linear_task.hpp"

namespace brume::testing {

/// The host of a Tree: a clock, connections that come and go, disks that keep what was written, and processes that die.
class Tree::World {
 public:
  World(std::shared_ptr<const Algorithm> algorithm, TreeOptions options, TreeObserver* observer);

  bool step();
  bool finished() const { return finished_; }
  std::uint64_t events() const { return events_; }
  const std::vector<TreeRound>& rounds() const { return rounds_; }
  const LinearTask& task() const { return task_; }
  const Parameters& model() const;
  State server_state() const;
  client::ClientStore& store(DeviceIndex device) const;
  std::uint64_t unsettled() const;

 private:
  struct Node {
    NodeId id;
    std::unique_ptr<Role> role;  // null while it is down
    std::uint64_t life = 0;
    std::vector<Record> journal;                      // on disk
    std::deque<std::pair<Token, Record>> unwritten;   // on their way there
    std::vector<Send> waiting;                        // for one of those
    std::set<TaskId> promised;                        // updates and parts of others that are on disk
    std::set<TaskId> trained;                         // of a device: tasks that have become an update
    std::set<TaskId> made;                            // of a fog node: its parts
    std::set<TaskId> settled;                         // verdicts of the parent
    std::shared_ptr<client::ClientStore> store;       // of a device
    std::shared_ptr<client::ModelReceiver> receiver;  // of all but the cloud
  };
  /// Between a node and its parent; counted by the node.
  struct Link {
    bool up = false;
    std::uint64_t epoch = 0;
    Time last_down{}, last_up{};  // the latest delivery
  };
  class Connected;

  std::unique_ptr<Role> make_role(Node& node);
  std::unique_ptr<Role> make_fog_node(const Node& node, std::shared_ptr<const SelectionPolicy> selection,
                                      std::shared_ptr<compression::ModelHistory> history);
  Node& node(NodeId id);
  std::shared_ptr<compression::ModelHistory> make_history(compression::ModelHistory::Keeps keeps) const;
  NodeId parent_of(NodeId id) const;
  NodeId::Role children_of(NodeId id) const;
  void at(Time time, std::function<void()> what);
  void at_node(NodeId id, Time time, std::function<Event()> event);
  void tell(NodeId id, const Event& event);
  void perform(Node& from, Action& action);
  void send(NodeId from, const Send& send);
  void transmit(NodeId lower, bool down, Time at, const Message& message);
  void deliver(NodeId lower, bool down, const Message& message);
  void written(NodeId id);
  void append(Node& node, Record record);
  void check_promise(NodeId from, NodeId to, const Message& message);
  void connect(NodeId lower);
  void disconnect(NodeId lower, Duration length);
  void crash(NodeId id);
  void restart(NodeId id);
  void do_harm();
  bool faulty() const { return events_ < options_.faults.events; }
  bool chance(double probability) { return faulty() && faults_.uniform() < probability; }
  Duration between(double least, double most);
  NodeId any_node();

  std::shared_ptr<const Algorithm> algorithm_;
  TreeOptions options_;
  TreeObserver* observer_;
  std::shared_ptr<const Codec> plain_;
  std::shared_ptr<const Codec> uplink_;
  LinearTask task_;
  std::shared_ptr<client::ModelReceiver> receiver_;
  Stream chances_;  // of delays
  Stream faults_;
  std::vector<std::uint64_t> first_;  // index of each tier's first fog node, and the total
  std::map<NodeId, Node> nodes_;
  std::map<NodeId, Link> links_;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t sequence_ = 0;
  Time now_{};
  std::uint64_t events_ = 0;
  std::vector<TreeRound> rounds_;
  Version committed_ = 0;
  bool finished_ = false;
};

}  // namespace brume::testing
