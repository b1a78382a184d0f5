#include "sim/federation.hpp"

#include <algorithm>
#include <bit>

#include "brume/error.hpp"
#include "messages/describe.hpp"

namespace brume::sim {

namespace {

// What distinguishes messages about one task: kind, verdict, bytes.
std::uint64_t detail_of(const Message& message) {
  const auto* settled = std::get_if<SettledMessage>(&message);
  const auto verdict = settled ? static_cast<std::uint64_t>(settled->outcome) + 1 : 0;
  return static_cast<std::uint64_t>(message.index()) << 56 | verdict << 48 | wire_bytes(message);
}

}  // namespace

void Federation::run() {
  try {
    while (!finished_ && !observer_.interrupted()) {
      advance();
      observer_.between_events();
    }
    if (finished_) close_accounts();
  } catch (const Interrupted&) {  // that is no error
  }
}

// Whatever comes first. At equal times transfers end before queued events.
void Federation::advance() {
  if (!started_) return start();
  const Time sent = network_.next_completion();
  const Time next = std::min(sent, queue_.next());
  if (next == kNever) throw Error("the simulation has nothing left to wait for, yet it has not finished");
  now_ = std::max(now_, next);  // a flow's end is rounded from seconds
  if (sent == next) return network_.complete(now_);
  const auto event = queue_.pop();
  try {
    handle(event);
  } catch (const Interrupted&) {  // before anything has changed: the event is still to come
    queue_.put_back(event);
    throw;
  }
}

// Fog nodes are connected from the beginning, the lowest tiers first.
void Federation::start() {
  started_ = true;
  for (std::uint64_t i = fog_nodes_.size(); i-- > 0;) {
    const NodeId node = NodeId::fog(i);
    tell(node, Started{});
    tell(tree_.parent_of(node), Joined{node});
  }
  tell(NodeId::cloud(), Started{});
}

void Federation::handle(const QueuedEvent& event) {
  switch (event.kind) {
    case QueuedEvent::Kind::timer:
      return tell(event.node, TimerFired{event.first});
    case QueuedEvent::Kind::evaluation:
      return evaluate(event);
    case QueuedEvent::Kind::delivered:
      return deliver(event.first);
    case QueuedEvent::Kind::training_done:
      return finish_training(event.first);
    case QueuedEvent::Kind::link_ready:
      return network_.ready(now_, event.node, event.first);
  }
}

// The model is evaluated now, so that an interrupt finds the aggregator still waiting for it.
void Federation::evaluate(const QueuedEvent& event) {
  const auto& model = evaluations_.at(event.first);
  const auto metrics = workers_.evaluator->evaluate(*model);
  if (device_evaluation_.wanted())
    observer_.on_devices_evaluated(device_evaluation_.evaluate(*workers_.evaluator, *store_, model));
  evaluations_.erase(event.first);
  log_.record(now_, EventLog::What::evaluated, event.node, {}, std::bit_cast<std::uint64_t>(metrics.loss));
  tell(event.node, Evaluated{event.first, metrics});
}

void Federation::deliver(std::uint64_t transfer) {
  auto delivery = network_.deliver(transfer);
  const NodeId parent = tree_.parent_of(delivery.node);
  const bool down = delivery.direction == Direction::down;
  const NodeId to = down ? delivery.node : parent;
  log_.record(now_, EventLog::What::delivered, to, task_of(delivery.message), detail_of(delivery.message));
  if (const auto* task = std::get_if<TaskMessage>(&delivery.message)) arrived(task->task.device);
  tell(to, Received{down ? parent : delivery.node, std::move(delivery.message)});
}

void Federation::tell(NodeId node, const Event& event) {
  switch (node.role) {
    case NodeId::Role::cloud:
      return tell_server(node, aggregator_, event);
    case NodeId::Role::fog:
      return tell_server(node, fog_nodes_[node.index], event);
    case NodeId::Role::device:
      return tell_device(node.index, event);
  }
}

// Storage takes no virtual time, so a message that waits for a record, which stands before it, waits for nothing.
template <class Role>
void Federation::tell_server(NodeId node, Role& role, const Event& event) {
  Actions actions;
  role.handle(event, now_, actions);
  for (auto& action : actions) perform(node, action);
  Actions none;
  for (const auto& action : actions)
    if (const auto* persist = std::get_if<Persist>(&action)) {
      device_evaluation_.note(persist->record);
      role.handle(Persisted{persist->token}, now_, none);
    }
}

void Federation::tell_device(DeviceIndex index, const Event& event) {
  Device& target = device(index);
  Actions actions;
  target.client.handle(event, now_, actions);
  for (auto& action : actions) perform(NodeId::device(index), action);
  if (!target.client.settled() || !target.work.empty()) return;
  devices_.erase(index);
  energy_.sleeps(now_, fleet_->group_index(index));
}

Federation::Device& Federation::device(DeviceIndex index) {
  const NodeId self = NodeId::device(index);
  const auto [place, is_new] = devices_.try_emplace(index, self, tree_.parent_of(self), client_setup_);
  if (is_new) {
    energy_.wakes(now_, fleet_->group_index(index));
    place->second.busy_until = now_;
  }
  return place->second;
}

void Federation::perform(NodeId node, Action& action) {
  if (auto* message = std::get_if<Send>(&action)) {
    send(node, *message);
  } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
    queue_.schedule(timer->at, QueuedEvent::Kind::timer, node, timer->token);
  } else if (const auto* job = std::get_if<Train>(&action)) {
    train(node.index, *job);
  } else if (const auto* evaluate = std::get_if<Evaluate>(&action)) {
    evaluations_[evaluate->token] = evaluate->model;
    queue_.schedule(now_, QueuedEvent::Kind::evaluation, node, evaluate->token);
  } else if (const auto* dropped = std::get_if<Drop>(&action)) {
    drop(node, dropped->task);
  } else if (const auto* round = std::get_if<Report>(&action)) {
    report(round->round);
  } else if (std::holds_alternative<Finish>(action)) {
    finished_ = true;
  }
}

void Federation::send(NodeId from, Send& send) {
  const bool up = from != NodeId::cloud() && send.to == tree_.parent_of(from);
  if (const auto* task = std::get_if<TaskMessage>(&send.message)) submit_early(send.to.index, *task);
  log_.record(now_, EventLog::What::sent, from, task_of(send.message), detail_of(send.message));
  network_.send(now_, up ? Direction::up : Direction::down, up ? from : send.to, std::move(send.message));
}

// ---- Training -----------------------------------------------------------------------------------------------------

// The job is known now, long before the model has travelled, so workers can begin, unless an earlier task is on its way
// to the device or not settled: that may change the state that it trains from.
void Federation::submit_early(DeviceIndex index, const TaskMessage& task) {
  const auto& target = device(index).client;
  if (on_their_way_[index]++ > 0 || !target.settled() || client_setup_->pace) return;
  TrainingJob job = target.job_for(task);
  const auto& link = fleet_->group_of(index).link;
  const double download = link.latency + federation::link_seconds(link, Direction::down, task.model->size());
  job.needed_by = after(after(now_, duration_from_seconds(download)), training_time(task.task));
  workers_.trainer->submit(std::move(job));
}

// A stand-in for a larger model is as large on the wire as it declares.
std::uint64_t Federation::measure(const Message& message) const {
  const auto bytes = wire_bytes(message);
  const auto payload = payload_bytes(message);
  if (payload == 0) return bytes;
  const auto declared = assembly_.model->declared_sizes(task_of(message).version);
  if (!declared) return bytes;
  const bool up = std::holds_alternative<UpdateMessage>(message);
  const bool partial = std::holds_alternative<PartialMessage>(message);
  return bytes - payload + (up ? declared->update : partial ? declared->partial : declared->model);
}

void Federation::arrived(DeviceIndex index) {
  const auto found = on_their_way_.find(index);
  if (found != on_their_way_.end() && --found->second == 0) on_their_way_.erase(found);
}

Duration Federation::training_time(const TaskId& task) const {
  return assembly_.timings[fleet_->group_index(task.device)].of(assembly_.seed, task, assembly_.examples_of(task));
}

// A device trains one task after the other.
void Federation::train(DeviceIndex index, const Train& action) {
  workers_.trainer->submit(action.job);  // nothing new if it was submitted with the task
  const std::uint64_t key = ++last_training_;
  trainings_.emplace(key, Training{index, action.token, action.job.task, kNever});
  auto& work = device(index).work;
  work.push_back(key);
  if (work.size() == 1) begin_training(key);
}

void Federation::begin_training(std::uint64_t key) {
  auto& training = trainings_.at(key);
  training.started = now_;
  energy_.starts_computing(now_, fleet_->group_index(training.device));
  queue_.schedule(after(now_, training_time(training.task)), QueuedEvent::Kind::training_done,
                  NodeId::device(training.device), key);
}

// Takes a training off the books; its device goes on with the next one.
void Federation::stop_training(std::uint64_t key) {
  const Training training = trainings_.at(key);
  trainings_.erase(key);
  auto& work = device(training.device).work;
  work.erase(std::find(work.begin(), work.end(), key));
  if (training.started == kNever) return;
  energy_.stops_computing(now_, fleet_->group_index(training.device));
  device(training.device).busy_until = now_;
  observer_.on_span(
      {NodeId::device(training.device), Span::Lane::work, "train", training.task, training.started, now_, 0});
  if (!work.empty() && !finished_) begin_training(work.front());
}

void Federation::finish_training(std::uint64_t key) {
  const auto found = trainings_.find(key);
  if (found == trainings_.end()) return;  // dropped meanwhile
  const Training training = found->second;
  TrainingResult result = workers_.trainer->take(training.task);
  if (observer_.interrupted()) throw Interrupted();
  stop_training(key);
  const NodeId node = NodeId::device(training.device);
  const bool failed = !result.error.empty();
  log_.record(now_, failed ? EventLog::What::training_failed : EventLog::What::trained, node, training.task,
              std::bit_cast<std::uint64_t>(result.loss));
  if (failed) return tell(node, TrainFailed{training.token, result.error});
  tell(node, Trained{training.token, std::move(result)});
}

// What a node has no use for: above a device a model on its way, on a device the training and the update.
void Federation::drop(NodeId node, const TaskId& task) {
  bool dropped = false;
  if (node.role != NodeId::Role::device) {
    dropped = network_.drop(now_, Direction::down, task);
    if (dropped) arrived(task.device);
    if (dropped) workers_.trainer->cancel(task);
  } else {
    workers_.trainer->cancel(task);
    const auto& work = device(node.index).work;
    const auto key =
        std::find_if(work.begin(), work.end(), [&](std::uint64_t one) { return trainings_.at(one).task == task; });
    if (key != work.end()) {
      stop_training(*key);
      dropped = true;
    }
    dropped = network_.drop(now_, Direction::up, task) || dropped;
  }
  if (dropped) log_.record(now_, EventLog::What::dropped, node, task, 0);
}

// Whoever may send only some of the time sleeps in between, unless it computes.
void Federation::on_span(const Span& span) {
  observer_.on_span(span);
  if (span.node.role != NodeId::Role::device || span.lane == Span::Lane::work) return;
  const auto& group = fleet_->group_of(span.node.index);
  const auto found = devices_.find(span.node.index);
  if (group.link.duty_cycle == 1 || found == devices_.end()) return;
  auto& [index, device] = *found;
  const Time from = std::max(span.start, device.busy_until);
  const Time to = device.work.empty() ? span.end : std::min(span.end, trainings_.at(device.work.front()).started);
  if (from >= to) return;
  energy_.dozed(fleet_->group_index(index), (1 - group.link.duty_cycle) * in_seconds(to - from));
  device.busy_until = to;
}

// What is under way when the last round ends has cost its part.
void Federation::close_accounts() {
  while (!trainings_.empty()) stop_training(trainings_.begin()->first);
  network_.stop(now_);
  energy_.add_up(now_, totals_);
}

}  // namespace brume::sim
