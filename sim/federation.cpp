#include "sim/federation.hpp"

#include <algorithm>
#include <bit>

#include "brume/error.hpp"

namespace brume::sim {

Federation::Federation(const configs::Configuration& configuration, const federation::Assembly& assembly,
                       LearningBackend::Workers workers, Observer& observer)
    : assembly_(assembly),
      fleet_(std::make_shared<const Fleet>(configuration.devices)),
      workers_(std::move(workers)),
      observer_(observer),
      receiver_(std::make_shared<client::ModelReceiver>(assembly.downlink, assembly.facts.layout)),
      aggregator_(assembly.aggregator_setup(configuration, fleet_), assembly.initial_model()),
      down_(Direction::down, configuration.cloud_link, *fleet_, queue_, totals_),
      up_(Direction::up, configuration.cloud_link, *fleet_, queue_, totals_) {}

void Federation::run() {
  try {
    tell_aggregator(Started{});
    while (!finished_ && !observer_.interrupted()) advance();
    close_accounts();
  } catch (const Error&) {
    if (!observer_.interrupted()) throw;  // interrupted work fails; that is no error
  }
}

// One step: whatever comes first. At equal times transfers end before queued events, downwards before upwards.
void Federation::advance() {
  const Time down = down_.next_completion();
  const Time up = up_.next_completion();
  now_ = std::min({down, up, queue_.next()});
  if (now_ == kNever) throw Error("the simulation has nothing left to wait for, yet it has not finished");
  if (down == now_) {
    down_.complete(now_);
  } else if (up == now_) {
    up_.complete(now_);
  } else {
    handle(queue_.pop());
  }
}

void Federation::handle(const QueuedEvent& event) {
  switch (event.kind) {
    case QueuedEvent::Kind::timer:
      return tell_aggregator(TimerFired{event.first});
    case QueuedEvent::Kind::persisted:
      return tell_aggregator(Persisted{event.first});
    case QueuedEvent::Kind::evaluated:
      log_.record(now_, EventLog::What::evaluated, NodeId::cloud(), {},
                  std::bit_cast<std::uint64_t>(last_metrics_.loss));
      return tell_aggregator(Evaluated{event.first, last_metrics_});
    case QueuedEvent::Kind::delivered:
      return deliver(static_cast<Direction>(event.second), event.first);
    case QueuedEvent::Kind::training_done:
      return finish_training(event.first);
  }
}

void Federation::deliver(Direction direction, std::uint64_t transfer) {
  auto& transfers = direction == Direction::down ? down_ : up_;
  auto delivery = transfers.deliver(transfer);
  const NodeId device = NodeId::device(delivery.device);
  log_.record(now_, EventLog::What::delivered, direction == Direction::down ? device : NodeId::cloud(),
              task_of(delivery.message), delivery.bytes);
  if (direction == Direction::down) {
    tell_device(delivery.device, Received{NodeId::cloud(), std::move(delivery.message)});
  } else {
    tell_aggregator(Received{device, std::move(delivery.message)});
  }
}

void Federation::tell_aggregator(const Event& event) {
  Actions actions;
  aggregator_.handle(event, now_, actions);
  for (auto& action : actions) perform(action);
}

void Federation::tell_device(DeviceIndex index, const Event& event) {
  Device& target = device(index);
  Actions actions;
  target.client.handle(event, now_, actions);
  for (auto& action : actions) perform_for(index, target, action);
  if (target.client.idle() && target.training.empty()) devices_.erase(index);
}

Federation::Device& Federation::device(DeviceIndex index) {
  return devices_.try_emplace(index, receiver_).first->second;
}

// Storage takes no virtual time, so a message that waits for a record, which stands before it, waits for nothing.
void Federation::perform(Action& action) {
  if (const auto* send = std::get_if<Send>(&action)) {
    send_down(*send);
  } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
    queue_.schedule(timer->at, QueuedEvent::Kind::timer, timer->token);
  } else if (const auto* persist = std::get_if<Persist>(&action)) {
    queue_.schedule(now_, QueuedEvent::Kind::persisted, persist->token);
  } else if (const auto* evaluate = std::get_if<Evaluate>(&action)) {
    last_metrics_ = workers_.evaluator->evaluate(*evaluate->model);
    queue_.schedule(now_, QueuedEvent::Kind::evaluated, evaluate->token);
  } else if (const auto* drop = std::get_if<Drop>(&action)) {
    if (!down_.drop(now_, drop->task)) return;
    workers_.trainer->cancel(drop->task);
    log_.record(now_, EventLog::What::dropped, NodeId::cloud(), drop->task, 0);
  } else if (const auto* round = std::get_if<Report>(&action)) {
    report(round->round);
  } else if (std::holds_alternative<Finish>(action)) {
    finished_ = true;
  }
}

void Federation::send_down(const Send& send) {
  const DeviceIndex index = send.to.index;
  if (const auto* task = std::get_if<TaskMessage>(&send.message)) submit_early(index, *task);
  log_.record(now_, EventLog::What::sent, NodeId::cloud(), task_of(send.message), wire_bytes(send.message));
  down_.send(now_, index, send.message);
}

// The job is known now, long before the model has travelled, so workers can begin, unless the device waits for an
// earlier task to be settled: that may change the state that it trains from.
void Federation::submit_early(DeviceIndex index, const TaskMessage& task) {
  const auto& target = device(index).client;
  if (!target.settled()) return;
  TrainingJob job = target.job_for(task);
  const auto& link = fleet_->group_of(index).link;
  const double download = link.latency + 8.0 * static_cast<double>(task.model->size()) / link.down;
  job.needed_by = after(after(now_, duration_from_seconds(download)), training_time(index));
  workers_.trainer->submit(std::move(job));
}

void Federation::perform_for(DeviceIndex index, Device& from, Action& action) {
  if (auto* send = std::get_if<Send>(&action)) {
    log_.record(now_, EventLog::What::sent, NodeId::device(index), task_of(send->message), wire_bytes(send->message));
    up_.send(now_, index, std::move(send->message));
  } else if (const auto* job = std::get_if<Train>(&action)) {
    train(index, from, *job);
  } else if (const auto* drop = std::get_if<Drop>(&action)) {
    drop_for(index, from, drop->task);
  }
}

Duration Federation::training_time(DeviceIndex index) const {
  const double examples = static_cast<double>(assembly_.plan.examples_for(assembly_.data->sample_count(index)));
  return duration_from_seconds(examples * assembly_.facts.training_flops() /
                               fleet_->group_of(index).profile.training_speed);
}

void Federation::train(DeviceIndex index, Device& on, const Train& action) {
  workers_.trainer->submit(action.job);  // nothing new if it was submitted with the task
  const std::uint64_t key = ++last_training_;
  trainings_.emplace(key, Training{index, action.token, action.job.task, now_});
  on.training.emplace(action.job.task, key);
  queue_.schedule(after(now_, training_time(index)), QueuedEvent::Kind::training_done, key);
}

// Takes a training off the books: its energy is spent, its device is free.
void Federation::stop_training(std::uint64_t key) {
  const auto found = trainings_.find(key);
  const auto& training = found->second;
  totals_.compute_joules +=
      fleet_->group_of(training.device).profile.compute_power * in_seconds(now_ - training.started);
  device(training.device).training.erase(training.task);
  trainings_.erase(found);
}

void Federation::finish_training(std::uint64_t key) {
  const auto found = trainings_.find(key);
  if (found == trainings_.end()) return;  // dropped meanwhile
  const Training training = found->second;
  TrainingResult result = workers_.trainer->take(training.task);
  if (observer_.interrupted()) return;
  stop_training(key);
  const bool failed = !result.error.empty();
  log_.record(now_, failed ? EventLog::What::training_failed : EventLog::What::trained, NodeId::device(training.device),
              training.task, std::bit_cast<std::uint64_t>(result.loss));
  if (failed) return tell_device(training.device, TrainFailed{training.token, result.error});
  tell_device(training.device, Trained{training.token, std::move(result)});
}

void Federation::drop_for(DeviceIndex index, Device& from, const TaskId& task) {
  const auto training = from.training.find(task);
  const bool was_training = training != from.training.end();
  if (was_training) {
    workers_.trainer->cancel(task);
    stop_training(training->second);
  }
  if (up_.drop(now_, task) || was_training) log_.record(now_, EventLog::What::dropped, NodeId::device(index), task, 0);
}

// What is under way when the last round ends has cost its part.
void Federation::close_accounts() {
  while (!trainings_.empty()) stop_training(trainings_.begin()->first);
  down_.stop(now_);
  up_.stop(now_);
}

void Federation::report(const RoundReport& round) {
  totals_.included += round.included;
  totals_.late += round.late;
  totals_.refused += round.refused;
  totals_.failed += round.failed;
  log_.record(now_, EventLog::What::closed, NodeId::cloud(), {round.round, 0, 0}, round.included);
  observer_.on_round(round, totals_);
}

}  // namespace brume::sim
