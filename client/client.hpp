#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "brume/state.hpp"
#include "client/model_receiver.hpp"
#include "messages/events.hpp"

namespace brume::client {

/// A device's role as a state machine without I/O. Trains what it is asked to, keeps each update until it is `stored`,
/// and commits its own state only when a task is settled as included.
class Client {
 public:
  Client(NodeId parent, std::shared_ptr<ModelReceiver> receiver) : parent_(parent), receiver_(std::move(receiver)) {}

  void handle(const Event& event, Time now, Actions& actions);

  /// The job that a task will become, known as soon as the task is issued: a host may start it early. Throws
  /// FormatError.
  TrainingJob job_for(const TaskMessage& message) const;

  /// Whether the device's state is settled: a job made now will not see it change before it runs.
  bool settled() const { return tasks_.empty(); }

  /// Nothing under way and nothing to remember: a host may forget this client and make it anew later.
  bool idle() const { return tasks_.empty() && algorithm_state_.empty() && codec_state_.empty(); }

 private:
  struct Work {
    Token training = 0;             // 0 once it has ended
    std::optional<Message> answer;  // the update or the failure, kept until stored or settled
    bool stored = false;
    State algorithm_state;
    State codec_state;
  };
  void on_message(const Message& message, Actions& actions);
  void on_task(const TaskMessage& message, Actions& actions);
  void on_trained(const Trained& trained, Actions& actions);
  void on_settled(const SettledMessage& settled, Actions& actions);
  void give_up(const TaskId& task, std::string reason, Actions& actions);
  std::map<TaskId, Work>::iterator work_of(Token training);

  NodeId parent_;
  std::shared_ptr<ModelReceiver> receiver_;
  std::map<TaskId, Work> tasks_;
  State algorithm_state_;
  State codec_state_;
  Token last_token_ = 0;
};

}  // namespace brume::client
