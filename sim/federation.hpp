#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "aggregator/aggregator.hpp"
#include "brume/training.hpp"
#include "client/client.hpp"
#include "configs/configuration.hpp"
#include "core/archive.hpp"
#include "federation/assembly.hpp"
#include "federation/tree.hpp"
#include "fog_node/fog_node.hpp"
#include "sim/device_evaluation.hpp"
#include "sim/energy.hpp"
#include "sim/event_log.hpp"
#include "sim/event_queue.hpp"
#include "sim/fleet.hpp"
#include "sim/network.hpp"

namespace brume::sim {

/// Told what happens while a federation runs; called on the simulation's thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_round(const RoundReport& report, const Totals& totals) = 0;
  /// Called before the report of a round after which devices were evaluated.
  virtual void on_devices_evaluated(const DeviceMetrics& /*metrics*/) {}
  /// Called at the end of each training and each transfer.
  virtual void on_span(const Span& /*span*/) {}
  /// Called between any two events.
  virtual void between_events() {}
  virtual bool interrupted() const { return false; }
};

/// A federation in virtual time: drives the state machines of the aggregator, the fog nodes and the clients over
/// simulated links and devices. Virtual time is sequential and a pure function of the configuration; training runs
/// meanwhile on the trainer's workers, and a result is fetched when the virtual clock reaches its end.
class Federation {
 public:
  Federation(const configs::Configuration& configuration, const federation::Assembly& assembly,
             LearningBackend::Workers workers, Observer& observer);

  /// Runs until the last round has been reported or the observer interrupts. Throws Error when the host side fails.
  void run();
  /// One event of it; the first call starts the federation.
  void advance();
  bool finished() const { return finished_; }

  /// The whole state, between any two events: another Federation of the same configuration goes on from it as this one
  /// would have.
  void save(ArchiveWriter& archive);
  /// Into a fresh federation. Throws FormatError.
  void load(ArchiveReader& archive);

  const Parameters& model() const { return aggregator_.model(); }
  const Totals& totals() const { return totals_; }
  /// Of each group of devices so far.
  std::vector<GroupEnergy> energy() const { return energy_.at(now_); }
  Time now() const { return now_; }
  std::uint64_t events() const { return log_.events(); }
  Digest events_digest() const { return log_.digest(); }

 private:
  struct Device {
    Device(NodeId self, NodeId parent, std::shared_ptr<const client::Setup> setup)
        : client(self, parent, std::move(setup)) {}
    client::Client client;
    std::vector<std::uint64_t> work;  // keys of its trainings, one after the other; the first is under way
    Time busy_until;                  // how far its time is accounted for as computing or dozing
  };
  struct Training {
    DeviceIndex device = 0;
    Token token = 0;
    TaskId task;
    Time started = kNever;  // or it waits
    template <class Archive>
    void describe(Archive& archive);
  };
  std::shared_ptr<const client::Setup> client_setup() const;
  aggregator::Setup cloud_setup(const configs::Configuration& configuration) const;
  void add_fog_nodes();
  void start();
  void handle(const QueuedEvent& event);
  void evaluate(const QueuedEvent& event);
  void deliver(std::uint64_t transfer);
  void begin_training(std::uint64_t key);
  void finish_training(std::uint64_t key);
  void stop_training(std::uint64_t key);
  void close_accounts();
  void on_span(const Span& span);
  void tell(NodeId node, const Event& event);
  template <class Role>
  void tell_server(NodeId node, Role& role, const Event& event);
  void tell_device(DeviceIndex index, const Event& event);
  void perform(NodeId node, Action& action);
  void send(NodeId from, Send& send);
  void arrived(DeviceIndex index);
  void submit_early(DeviceIndex index, const TaskMessage& task);
  void train(DeviceIndex index, const Train& action);
  void drop(NodeId node, const TaskId& task);
  void report(const RoundReport& round);
  Duration training_time(const TaskId& task) const;
  std::uint64_t measure(const Message& message) const;
  Device& device(DeviceIndex index);
  template <class Archive>
  void describe(Archive& archive);

  const federation::Assembly& assembly_;
  Tree tree_;
  std::shared_ptr<const Fleet> fleet_;
  LearningBackend::Workers workers_;
  Observer& observer_;
  std::shared_ptr<compression::ModelHistory> history_;  // null: every model is sent whole
  std::shared_ptr<client::ModelReceiver> receiver_;
  std::shared_ptr<client::ClientStore> store_;
  std::shared_ptr<const client::Setup> client_setup_;
  std::shared_ptr<const SelectionPolicy> selection_;
  aggregator::Aggregator aggregator_;
  std::deque<fog_node::FogNode> fog_nodes_;
  Time now_{};
  EventQueue queue_;
  Totals totals_;
  EnergyLedger energy_;
  Network network_;
  std::map<DeviceIndex, Device> devices_;              // those that take part
  std::map<DeviceIndex, std::uint64_t> on_their_way_;  // tasks sent to a device that have not arrived
  std::map<std::uint64_t, Training> trainings_;        // under way; a key is never used again
  std::uint64_t last_training_ = 0;
  std::map<Token, std::shared_ptr<const Parameters>> evaluations_;  // to be done
  DeviceEvaluation device_evaluation_;
  EventLog log_;
  bool started_ = false;
  bool finished_ = false;
};

}  // namespace brume::sim
