#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

#include "aggregator/aggregator.hpp"
#include "brume/training.hpp"
#include "client/client.hpp"
#include "configs/configuration.hpp"
#include "federation/assembly.hpp"
#include "sim/event_log.hpp"
#include "sim/event_queue.hpp"
#include "sim/fleet.hpp"
#include "sim/transfers.hpp"

namespace brume::sim {

/// Told what happens while a federation runs; called on the simulation's thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_round(const RoundReport& report, const Totals& totals) = 0;
  virtual bool interrupted() const { return false; }
};

/// A federation in virtual time: drives the aggregator's and the clients' state machines over simulated links and
/// devices. Virtual time is sequential and a pure function of the configuration; training runs meanwhile on the
/// trainer's workers, and a result is fetched when the virtual clock reaches its end.
class Federation {
 public:
  Federation(const configs::Configuration& configuration, const federation::Assembly& assembly,
             LearningBackend::Workers workers, Observer& observer);

  /// Runs until the last round has been reported or the observer interrupts. Throws Error when the host side fails.
  void run();

  const Parameters& model() const { return aggregator_.model(); }
  const Totals& totals() const { return totals_; }
  Time now() const { return now_; }
  std::uint64_t events() const { return log_.events(); }
  Digest events_digest() { return log_.finish(); }  ///< once, at the end

 private:
  struct Device {
    explicit Device(std::shared_ptr<client::ModelReceiver> receiver) : client(NodeId::cloud(), std::move(receiver)) {}
    client::Client client;
    std::unordered_map<TaskId, std::uint64_t> training;  // by what key the federation knows it
  };
  struct Training {
    DeviceIndex device = 0;
    Token token = 0;
    TaskId task;
    Time started;
  };

  void advance();
  void handle(const QueuedEvent& event);
  void deliver(Direction direction, std::uint64_t transfer);
  void finish_training(std::uint64_t key);
  void stop_training(std::uint64_t key);
  void close_accounts();
  void tell_aggregator(const Event& event);
  void tell_device(DeviceIndex index, const Event& event);
  void perform(Action& action);                                         // the aggregator's
  void perform_for(DeviceIndex index, Device& device, Action& action);  // a device's
  void send_down(const Send& send);
  void submit_early(DeviceIndex index, const TaskMessage& task);
  void train(DeviceIndex index, Device& device, const Train& action);
  void drop_for(DeviceIndex index, Device& device, const TaskId& task);
  void report(const RoundReport& round);
  Duration training_time(DeviceIndex index) const;
  Device& device(DeviceIndex index);

  const federation::Assembly& assembly_;
  std::shared_ptr<const Fleet> fleet_;
  LearningBackend::Workers workers_;
  Observer& observer_;
  std::shared_ptr<client::ModelReceiver> receiver_;
  aggregator::Aggregator aggregator_;
  Time now_{};
  EventQueue queue_;
  Totals totals_;
  Transfers down_;
  Transfers up_;
  std::unordered_map<DeviceIndex, Device> devices_;  // those that take part
  std::map<std::uint64_t, Training> trainings_;      // under way; a key is never used again
  std::uint64_t last_training_ = 0;
  Metrics last_metrics_;
  EventLog log_;
  bool finished_ = false;
};

}  // namespace brume::sim
