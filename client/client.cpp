#include "client/client.hpp"

#include <algorithm>

#include "brume/error.hpp"

namespace brume::client {

void Client::handle(const Event& event, Time /*now*/, Actions& actions) {
  if (const auto* received = std::get_if<Received>(&event)) {
    if (received->from == parent_) on_message(received->message, actions);
  } else if (const auto* trained = std::get_if<Trained>(&event)) {
    on_trained(*trained, actions);
  } else if (const auto* failed = std::get_if<TrainFailed>(&event)) {
    if (const auto work = work_of(failed->token); work != tasks_.end()) give_up(work->first, failed->reason, actions);
  } else if (const auto* joined = std::get_if<Joined>(&event); joined && joined->node == parent_) {
    for (const auto& [task, work] : tasks_)  // the connection is new: what was not acknowledged goes again
      if (work.answer) actions.emplace_back(Send{parent_, *work.answer});
  }
}

void Client::on_message(const Message& message, Actions& actions) {
  if (const auto* task = std::get_if<TaskMessage>(&message)) return on_task(*task, actions);
  if (const auto* settled = std::get_if<SettledMessage>(&message)) return on_settled(*settled, actions);
  if (const auto* stored = std::get_if<StoredMessage>(&message)) {
    const auto found = tasks_.find(stored->task);
    if (found == tasks_.end()) return;
    found->second.stored = true;
    found->second.answer.reset();
  }
}

TrainingJob Client::job_for(const TaskMessage& message) const {
  const auto received = receiver_->receive(message.model);
  return {message.task, message.deadline, received.model, received.digest, algorithm_state_, codec_state_};
}

void Client::on_task(const TaskMessage& message, Actions& actions) {
  const auto [work, added] = tasks_.try_emplace(message.task);
  if (!added) return;
  try {
    work->second.training = ++last_token_;
    actions.emplace_back(Train{last_token_, job_for(message)});
  } catch (const FormatError& error) {
    give_up(message.task, error.what(), actions);
  }
}

std::map<TaskId, Client::Work>::iterator Client::work_of(Token training) {
  return std::find_if(tasks_.begin(), tasks_.end(),
                      [&](const auto& entry) { return entry.second.training == training; });
}

void Client::on_trained(const Trained& trained, Actions& actions) {
  const auto found = work_of(trained.token);
  if (trained.token == 0 || found == tasks_.end()) return;  // dropped meanwhile
  auto& [task, work] = *found;
  const auto& result = trained.result;
  work.training = 0;
  work.algorithm_state = result.algorithm_state;
  work.codec_state = result.codec_state;
  work.answer = UpdateMessage{task, result.vectors, result.scalars, result.weight, result.loss, result.samples};
  actions.emplace_back(Send{parent_, *work.answer});
}

void Client::give_up(const TaskId& task, std::string reason, Actions& actions) {
  auto& work = tasks_[task];
  work.training = 0;
  work.answer = FailedMessage{task, std::move(reason)};
  actions.emplace_back(Send{parent_, *work.answer});
}

void Client::on_settled(const SettledMessage& settled, Actions& actions) {
  const auto found = tasks_.find(settled.task);
  if (found == tasks_.end()) return;
  auto& work = found->second;
  if (settled.outcome == Outcome::included) {
    algorithm_state_ = std::move(work.algorithm_state);
    codec_state_ = std::move(work.codec_state);
  } else if (!work.stored) {
    actions.emplace_back(Drop{settled.task});
  }
  tasks_.erase(found);
}

}  // namespace brume::client
