#include "testing/world.hpp"

#include "brume/error.hpp"

namespace brume::testing {

void Tree::World::at(Time time, std::function<void()> what) {
  queue_.emplace(std::pair(time, sequence_++), std::move(what));
}

Duration Tree::World::between(double least, double most) {
  return duration_from_seconds(least + (most - least) * chances_.uniform());
}

bool Tree::World::step() {
  if (queue_.empty()) return false;
  auto next = queue_.extract(queue_.begin());
  now_ = next.key().first;
  ++events_;
  do_harm();
  next.mapped()();
  return true;
}

Tree::World::Node& Tree::World::node(NodeId id) { return nodes_.at(id); }

// An event for this life of a node; it is gone if the node dies before.
void Tree::World::at_node(NodeId id, Time time, std::function<Event()> event) {
  at(time, [this, id, life = node(id).life, event = std::move(event)] {
    if (node(id).role && node(id).life == life) tell(id, event());
  });
}

void Tree::World::tell(NodeId id, const Event& event) {
  auto& to = node(id);
  if (!to.role) return;
  Actions actions;
  to.role->handle(event, now_, actions);
  for (auto& action : actions) perform(to, action);
}

void Tree::World::perform(Node& from, Action& action) {
  const NodeId id = from.id;
  if (const auto* message = std::get_if<Send>(&action)) {
    const bool waits = message->after && std::any_of(from.unwritten.begin(), from.unwritten.end(),
                                                     [&](const auto& one) { return one.first == *message->after; });
    if (waits) return from.waiting.push_back(*message);
    send(id, *message);
  } else if (auto* persist = std::get_if<Persist>(&action)) {
    from.unwritten.emplace_back(persist->token, std::move(persist->record));
    at(now_ + between(0, 0.005), [this, id, life = from.life] {
      if (node(id).life == life) written(id);
    });
  } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
    at_node(id, std::max(now_, timer->at), [token = timer->token] { return TimerFired{token}; });
  } else if (const auto* train = std::get_if<Train>(&action)) {
    at_node(id, now_ + between(0.01, 0.5), [this, job = *train]() -> Event {
      try {
        return Trained{job.token, task_.train(job.job)};
      } catch (const Error& error) {
        return TrainFailed{job.token, error.what()};
      }
    });
  } else if (const auto* evaluate = std::get_if<Evaluate>(&action)) {
    at_node(id, now_, [token = evaluate->token] { return Evaluated{token, {}}; });
  } else if (const auto* report = std::get_if<Report>(&action)) {
    const auto& r = report->round;
    rounds_.resize(r.round);
    rounds_.back() = {r.round, r.included, r.late, r.refused, r.failed, r.training_loss, r.first_problem};
  } else if (std::holds_alternative<Finish>(action)) {
    finished_ = true;
  }
}

// ---- Disks --------------------------------------------------------------------------------------------------------

// The oldest record that was not yet: records reach the disk in their order.
void Tree::World::written(NodeId id) {
  auto& writer = node(id);
  if (writer.unwritten.empty()) return;
  auto [token, record] = std::move(writer.unwritten.front());
  writer.unwritten.pop_front();
  append(writer, std::move(record));
  std::vector<Send> due;
  std::erase_if(writer.waiting, [&, written = token](const Send& send) {
    if (*send.after == written) due.push_back(send);
    return *send.after == written;
  });
  for (const auto& message : due) send(id, message);
  tell(id, Persisted{token});
  // Now and then the journal is exchanged for what it amounts to.
  if (options_.faults.events > 0 && writer.role && writer.unwritten.empty() && chances_.below(10) == 0)
    writer.journal = {writer.role->snapshot()};
}

void Tree::World::append(Node& writer, Record record) {
  if (const auto* update = std::get_if<UpdateRecord>(&record)) writer.promised.insert(update->update.task);
  if (const auto* partial = std::get_if<PartialRecord>(&record)) writer.promised.insert(partial->partial.task);
  if (const auto* commit = std::get_if<CommitRecord>(&record)) {
    committed_ = commit->version;
    if (observer_) observer_->on_commit(commit->version, *commit->model);
  }
  if (const auto* part = std::get_if<PartRecord>(&record)) writer.made.insert(part->part.task);
  if (const auto* settled = std::get_if<SettledRecord>(&record)) writer.settled.insert(settled->task);
  if (const auto* settled = std::get_if<SettledRecord>(&record))
    if (writer.id.role == NodeId::Role::device && observer_)
      observer_->on_settled(settled->task, settled->outcome, writer.trained.count(settled->task) > 0);
  if (const auto* trained = std::get_if<TrainedRecord>(&record))
    if (std::holds_alternative<UpdateMessage>(trained->answer)) writer.trained.insert(trained->task);
  writer.journal.push_back(std::move(record));
}

// What is promised must be on the promising node's disk, and `included` on the cloud's.
void Tree::World::check_promise(NodeId from, NodeId to, const Message& message) {
  if (const auto* stored = std::get_if<StoredMessage>(&message)) {
    if (node(from).promised.count(stored->task) == 0) throw Error("'stored' was sent before the update was on disk");
    if (to.role == NodeId::Role::device && observer_) observer_->on_stored(stored->task);
  }
  const auto& sender = node(from);
  const TaskId task = task_of(message);
  if (std::holds_alternative<UpdateMessage>(message) && sender.trained.count(task) == 0)
    throw Error("an update was sent before it was on disk");
  if (std::holds_alternative<PartialMessage>(message) && sender.made.count(task) == 0)
    throw Error("a part was sent before it was on disk");
  // A device remembers its newest task: what is older is over. A fog node's parts after a late one are late with it.
  const auto newer = [&](const std::set<TaskId>& tasks) { return tasks.lower_bound(task) != tasks.end(); };
  const bool remembered = newer(sender.settled) || newer(sender.trained) ||
                          sender.settled.lower_bound({task.version, task.device, 0}) != sender.settled.end();
  if (std::holds_alternative<AcknowledgedMessage>(message) && !remembered)
    throw Error("a verdict was acknowledged before it was on disk");
  if (const auto* settled = std::get_if<SettledMessage>(&message))
    if (settled->outcome == Outcome::included && settled->task.version >= committed_)
      throw Error("'included' was sent before the commit was on disk");
}

// ---- Connections --------------------------------------------------------------------------------------------------

void Tree::World::send(NodeId from, const Send& send) {
  const bool up = from != NodeId::cloud() && send.to == parent_of(from);
  const NodeId lower = up ? from : send.to;
  check_promise(from, send.to, send.message);
  auto& link = links_.at(lower);
  if (!link.up) return;
  if (chance(options_.faults.loss)) return disconnect(lower, between(0.01, 2));
  auto& last = up ? link.last_up : link.last_down;
  Time arrives = now_ + between(0.001, 0.05);
  if (!chance(options_.faults.reorder)) arrives = std::max(arrives, last + Duration(1));
  last = std::max(last, arrives);
  transmit(lower, !up, arrives, send.message);
  if (chance(options_.faults.duplicate)) transmit(lower, !up, arrives + between(0, 3), send.message);
}

void Tree::World::transmit(NodeId lower, bool down, Time arrives, const Message& message) {
  at(arrives, [this, lower, down, message, epoch = links_.at(lower).epoch] {
    const auto& link = links_.at(lower);
    if (link.up && link.epoch == epoch) deliver(lower, down, message);
  });
}

void Tree::World::deliver(NodeId lower, bool down, const Message& message) {
  const NodeId upper = parent_of(lower);
  tell(down ? lower : upper, Received{down ? upper : lower, message});
}

void Tree::World::connect(NodeId lower) {
  auto& link = links_.at(lower);
  const NodeId upper = parent_of(lower);
  if (link.up || !node(lower).role || !node(upper).role) return;
  link = {true, link.epoch + 1, now_, now_};
  tell(upper, Joined{lower, node(lower).receiver->holds()});
  tell(lower, Joined{upper});
}

void Tree::World::disconnect(NodeId lower, Duration length) {
  auto& link = links_.at(lower);
  if (!link.up) return;
  link.up = false;
  const NodeId upper = parent_of(lower);
  at(now_, [this, lower, upper, epoch = link.epoch] {
    if (links_.at(lower).epoch != epoch) return;
    tell(upper, Left{lower});
    tell(lower, Left{upper});
  });
  at(now_ + length, [this, lower] { connect(lower); });
}

// ---- Harm ---------------------------------------------------------------------------------------------------------

NodeId Tree::World::any_node() {
  auto place = nodes_.begin();
  std::advance(place, static_cast<std::ptrdiff_t>(faults_.below(nodes_.size())));
  return place->first;
}

void Tree::World::do_harm() {
  const auto& faults = options_.faults;
  if (chance(faults.crash)) crash(any_node());
  if (chance(faults.disconnect)) {
    const NodeId victim = any_node();
    if (victim != NodeId::cloud()) disconnect(victim, between(0.01, 5));
  }
  if (chance(faults.partition)) {
    const NodeId victim = any_node();
    const auto length = between(5, 100);
    if (victim.role == NodeId::Role::device) return;
    for (auto& [lower, link] : links_)
      if (lower == victim || parent_of(lower) == victim) disconnect(lower, length);
  }
}

// Of what was being written the first records may be on disk although nobody heard of it.
void Tree::World::crash(NodeId id) {
  auto& victim = node(id);
  if (!victim.role) return;
  victim.role.reset();
  ++victim.life;
  victim.waiting.clear();
  for (auto survive = faults_.below(victim.unwritten.size() + 1); survive > 0; --survive) {
    append(victim, std::move(victim.unwritten.front().second));
    victim.unwritten.pop_front();
  }
  victim.unwritten.clear();
  for (auto& [lower, link] : links_)
    if (lower == id || parent_of(lower) == id) disconnect(lower, between(3, 6));
  at(now_ + between(0.01, 3), [this, id] { restart(id); });
}

void Tree::World::restart(NodeId id) {
  auto& dead = node(id);
  if (dead.role) return;
  dead.role = make_role(dead);
  dead.role->restore(dead.journal);
  tell(id, Started{});
  for (auto& [lower, link] : links_)
    if (lower == id || parent_of(lower) == id) connect(lower);
}

}  // namespace brume::testing
