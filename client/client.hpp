#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "brume/aggregate.hpp"
#include "brume/state.hpp"
#include "client/client_store.hpp"
#include "client/model_receiver.hpp"
#include "client/pace.hpp"
#include "messages/events.hpp"

namespace brume::client {

/// What all clients of a federation work with; shared by those of a simulation.
struct Setup {
  std::shared_ptr<ModelReceiver> receiver;
  std::shared_ptr<ClientStore> store;
  std::shared_ptr<const Codec> uplink;
  std::vector<VectorSpec> vectors;    ///< that an update holds
  std::vector<VectorSpec> broadcast;  ///< that come down with a model
  PaceOf pace{};                      ///< null: updates are as large as their codec likes
};

/// A device's role as a state machine without I/O. Trains what it is asked to, keeps each update until it is settled or
/// can be forgotten, and commits its own state only when a task is settled as included; otherwise what the update
/// carried goes back into the codec's stock. States, guarantees: docs/protocol-model.md.
class Client {
 public:
  Client(NodeId self, NodeId parent, std::shared_ptr<const Setup> setup)
      : self_(self), parent_(parent), setup_(std::move(setup)) {}

  void handle(const Event& event, Time now, Actions& actions);

  /// As aggregator::Aggregator.
  void restore(std::span<const Record> records);
  /// The whole role with its part of the store.
  SnapshotRecord snapshot();

  /// The job that a task will become, known as soon as the task is issued, unless the setup has a pace: a host may
  /// start it early. Throws FormatError.
  TrainingJob job_for(const TaskMessage& message) const;

  /// Whether the device's state is settled: a job made now will not see it change before it runs.
  bool settled() const { return tasks_.empty() && parked_.empty(); }
  std::vector<TaskId> open_tasks() const;
  /// Stored, not settled, and waited for by later tasks.
  std::vector<TaskId> in_the_way() const;
  /// The newest version that it has worked for.
  Version newest() const { return newest_ ? newest_->version : 0; }

  /// Jobs under way, to be submitted again by a host that was restarted from an archive.
  std::vector<Train> under_way() const;

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Work {
    Token training = 0;   // 0 once it has ended
    TaskMessage message;  // what is trained; without frames once it has ended
    Time started;
    std::uint64_t most_bytes = 0;   // of the update
    State algorithm;                // as the task started from it
    State stock;                    // the codec's, taken out while the task trains
    std::optional<Message> answer;  // the update or the failure
    std::optional<Token> after;     // the record of the answer
    bool stored = false;
    template <class Archive>
    void describe(Archive& archive);
  };
  void on_message(const Message& message, Time now, Actions& actions);
  void on_task(const TaskMessage& message, Time now, Actions& actions);
  void on_repeat(const TaskId& task, Actions& actions) const;
  void begin(const TaskMessage& message, Time now, Actions& actions);
  bool must_wait(const TaskMessage& message) const;
  void on_trained(const Trained& trained, Time now, Actions& actions);
  void on_settled(const SettledMessage& settled, Time now, Actions& actions);
  void give_up(const TaskId& task, std::string reason, Actions& actions);
  void answer(const TaskId& task, Work& work, Message message, StagedState staged, Actions& actions);
  void settle(const TaskId& task, Work& work, Outcome outcome);
  void restore(const Record& record);
  void restore_snapshot(const SnapshotRecord& record);
  void note_done(const TaskId& task);
  void give_back(const TaskId& task);
  void fold_back(const UpdateMessage& update, State& stock) const;
  TrainingJob job(const TaskMessage& message, State algorithm, State codec) const;
  std::uint64_t most_bytes(const TaskMessage& message, Time now) const;
  std::map<TaskId, Work>::iterator work_of(Token training);

  NodeId self_;
  NodeId parent_;
  std::shared_ptr<const Setup> setup_;
  std::map<TaskId, Work> tasks_;          // not settled
  std::map<TaskId, TaskMessage> parked_;  // wait for the verdicts on older ones
  std::optional<TaskId> newest_;          // accepted so far: an older one that is not in tasks_ is over
  std::optional<TaskId> done_;            // the newest that has been answered or settled, which a restart remembers
  std::vector<TaskId> lost_;              // in a restart; their records still say that they hold stock
  std::optional<Token> last_record_;      // of an answer or a verdict
  Token last_token_ = 0;
};

}  // namespace brume::client
