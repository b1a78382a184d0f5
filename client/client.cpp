#include "client/client.hpp"

#include <algorithm>

#include "brume/error.hpp"
#include "messages/describe.hpp"

namespace brume::client {

void Client::handle(const Event& event, Time now, Actions& actions) {
  if (std::holds_alternative<Started>(event)) {
    // Behind this, a later task's taking of the stock means what it says.
    for (const auto& task : std::exchange(lost_, {}))
      actions.emplace_back(Persist{++last_token_, StockRecord{task, false}});
    return;
  }
  if (const auto* received = std::get_if<Received>(&event)) {
    if (received->from == parent_) on_message(received->message, now, actions);
  } else if (const auto* trained = std::get_if<Trained>(&event)) {
    on_trained(*trained, now, actions);
  } else if (const auto* failed = std::get_if<TrainFailed>(&event)) {
    if (const auto work = work_of(failed->token); work != tasks_.end()) give_up(work->first, failed->reason, actions);
  } else if (const auto* joined = std::get_if<Joined>(&event); joined && joined->node == parent_) {
    for (const auto& [task, work] : tasks_)  // the connection is new: what was not acknowledged goes again
      if (work.answer && !work.stored) actions.emplace_back(Send{parent_, *work.answer, work.after});
  } else if (const auto* lost = std::get_if<PersistFailed>(&event)) {
    throw Error("cannot store what was promised: " + lost->reason);
  }
}

void Client::on_message(const Message& message, Time now, Actions& actions) {
  if (task_of(message).device != self_.index) return;
  if (const auto* task = std::get_if<TaskMessage>(&message)) return on_task(*task, now, actions);
  if (const auto* settled = std::get_if<SettledMessage>(&message)) return on_settled(*settled, now, actions);
  if (const auto* repeat = std::get_if<RepeatMessage>(&message)) return on_repeat(repeat->task, actions);
  if (const auto* stored = std::get_if<StoredMessage>(&message))
    if (const auto found = tasks_.find(stored->task); found != tasks_.end()) found->second.stored = true;
}

void Client::on_repeat(const TaskId& task, Actions& actions) const {
  const auto found = tasks_.find(task);
  if (found == tasks_.end() || !found->second.answer || found->second.stored) return;
  actions.emplace_back(Send{parent_, *found->second.answer, found->second.after});
}

TrainingJob Client::job(const TaskMessage& message, State algorithm, State codec) const {
  const auto received = setup_->receiver->receive(message.model);
  return {message.task,
          message.deadline,
          received.model,
          received.digest,
          setup_->receiver->receive(message.broadcast, setup_->broadcast),
          std::move(algorithm),
          std::move(codec),
          0};
}

TrainingJob Client::job_for(const TaskMessage& message) const {
  return job(message, setup_->store->algorithm_state(self_.index), setup_->store->codec_state(self_.index));
}

std::uint64_t Client::most_bytes(const TaskMessage& message, Time now) const {
  if (!setup_->pace || message.deadline == kNever) return 0;
  const auto pace = setup_->pace(message.task);
  return pace ? most_bytes_before(message.deadline, now, *pace) : 0;
}

void Client::on_task(const TaskMessage& message, Time now, Actions& actions) {
  if (const auto known = tasks_.find(message.task); known != tasks_.end()) return;
  if (newest_ && message.task <= *newest_) return;  // settled before, or parked
  newest_ = message.task;
  if (must_wait(message)) {
    parked_.emplace(message.task, message);
  } else {
    begin(message, now, actions);
  }
}

// A verdict that is on its way decides what state the task starts from.
bool Client::must_wait(const TaskMessage& message) const {
  return !tasks_.empty() && tasks_.begin()->first.version < message.oldest_open;
}

void Client::begin(const TaskMessage& message, Time now, Actions& actions) {
  auto& work = tasks_[message.task];
  work.started = now;
  work.message = message;
  try {
    auto ready = job_for(message);
    ready.most_bytes = work.most_bytes = most_bytes(message, now);
    work.algorithm = ready.algorithm_state;
    work.stock = setup_->store->take_codec_state(self_.index);
    if (!work.stock.empty()) actions.emplace_back(Persist{++last_token_, StockRecord{message.task, true}});
    work.training = ++last_token_;
    actions.emplace_back(Train{work.training, std::move(ready)});
  } catch (const FormatError& error) {
    give_up(message.task, error.what(), actions);
  }
}

std::map<TaskId, Client::Work>::iterator Client::work_of(Token training) {
  return std::find_if(tasks_.begin(), tasks_.end(),
                      [&](const auto& entry) { return training != 0 && entry.second.training == training; });
}

void Client::on_trained(const Trained& trained, Time now, Actions& actions) {
  const auto found = work_of(trained.token);
  if (found == tasks_.end()) return;  // dropped meanwhile
  auto& [task, work] = *found;
  const auto& result = trained.result;
  work.stock = {};  // what is left of it is staged
  UpdateMessage update{task,        result.vectors, result.scalars,    result.weight,
                       result.loss, result.samples, now - work.started};
  answer(task, work, std::move(update), {result.algorithm_state, result.codec_state}, actions);
}

void Client::give_up(const TaskId& task, std::string reason, Actions& actions) {
  auto& work = tasks_[task];
  StagedState nothing{{}, std::exchange(work.stock, {})};  // given back whole, however it ends
  answer(task, work, FailedMessage{task, std::move(reason)}, std::move(nothing), actions);
}

// The answer is on disk before it is sent, so that a restart cannot train the task a second time.
void Client::answer(const TaskId& task, Work& work, Message message, StagedState staged, Actions& actions) {
  note_done(task);
  work.training = 0;
  work.message = {};
  work.algorithm = {};
  work.answer = std::move(message);
  work.after = last_record_ = ++last_token_;
  actions.emplace_back(
      Persist{*work.after, TrainedRecord{task, *work.answer, std::make_shared<const StagedState>(staged)}});
  setup_->store->stage(task, std::move(staged));
  actions.emplace_back(Send{parent_, *work.answer, work.after});
}

// The frames say what did not arrive; what did not fit into them is in the stock already.
void Client::fold_back(const UpdateMessage& update, State& stock) const {
  for (const auto& vector : update.vectors)
    for (const auto& spec : setup_->vectors)
      if (spec.name == vector.name) setup_->uplink->fold_back(*vector.frame, *spec.layout, spec.name, stock);
}

void Client::settle(const TaskId& task, Work& work, Outcome outcome) {
  auto& store = *setup_->store;
  if (!work.answer) return store.put_back_codec_state(self_.index, std::move(work.stock));
  StagedState staged = store.take_staged(task);
  const auto* update = work.answer ? std::get_if<UpdateMessage>(&*work.answer) : nullptr;
  if (update && outcome == Outcome::included) {
    store.put_algorithm_state(self_.index, std::move(staged.algorithm));
  } else if (update) {
    fold_back(*update, staged.codec);
  }
  store.put_back_codec_state(self_.index, std::move(staged.codec));
}

void Client::on_settled(const SettledMessage& settled, Time now, Actions& actions) {
  const auto found = tasks_.find(settled.task);
  const bool parked = parked_.erase(settled.task) > 0;  // over before it began
  const bool unseen = !done_ || *done_ < settled.task;  // a task that never came shall not be trained any more
  if (found != tasks_.end()) {
    settle(found->first, found->second, settled.outcome);
    if (settled.outcome != Outcome::included && !found->second.stored) actions.emplace_back(Drop{settled.task});
    tasks_.erase(found);
  } else if (parked) {
    actions.emplace_back(Drop{settled.task});  // a host may have begun it early
  } else if (!unseen) {                        // heard before: what remembers it may still be on its way to the disk
    return actions.emplace_back(Send{parent_, AcknowledgedMessage{settled.task}, last_record_}), void();
  }
  if (!newest_ || *newest_ < settled.task) newest_ = settled.task;
  note_done(settled.task);
  last_record_ = ++last_token_;
  actions.emplace_back(Persist{*last_record_, SettledRecord{settled.task, settled.outcome}});
  actions.emplace_back(Send{parent_, AcknowledgedMessage{settled.task}, last_record_});
  while (!parked_.empty() && !must_wait(parked_.begin()->second)) {
    const auto next = parked_.extract(parked_.begin());
    begin(next.mapped(), now, actions);
  }
}

void Client::give_back(const TaskId& task) {
  auto lost = tasks_.extract(task);
  if (!lost.empty()) setup_->store->put_back_codec_state(self_.index, std::move(lost.mapped().stock));
}

std::vector<TaskId> Client::open_tasks() const {
  std::vector<TaskId> open;
  for (const auto& [task, work] : tasks_) open.push_back(task);
  for (const auto& [task, message] : parked_) open.push_back(task);
  return open;
}

std::vector<TaskId> Client::in_the_way() const {
  std::vector<TaskId> found;
  if (parked_.empty()) return found;
  for (const auto& [task, work] : tasks_)
    if (work.stored && task.version < parked_.begin()->second.oldest_open) found.push_back(task);
  return found;
}

std::vector<Train> Client::under_way() const {
  std::vector<Train> jobs;
  for (const auto& [task, work] : tasks_) {
    if (work.training == 0) continue;
    jobs.push_back({work.training, job(work.message, work.algorithm, work.stock)});
    jobs.back().job.most_bytes = work.most_bytes;
  }
  return jobs;
}

void Client::restore(const Record& record) {
  auto& store = *setup_->store;
  if (const auto* snapshot = std::get_if<SnapshotRecord>(&record)) return restore_snapshot(*snapshot);
  if (const auto* stock = std::get_if<StockRecord>(&record)) {
    if (!stock->taken) return give_back(stock->task);
    tasks_[stock->task].stock = store.take_codec_state(self_.index);
  } else if (const auto* trained = std::get_if<TrainedRecord>(&record)) {
    if (!trained->staged) throw FormatError("a trained task lacks what it leaves behind");
    note_done(trained->task);
    auto& work = tasks_[trained->task];
    work.stock = {};  // what the task left of it is staged
    store.stage(trained->task, *trained->staged);
    work.answer = trained->answer;
  } else if (const auto* settled = std::get_if<SettledRecord>(&record)) {
    note_done(settled->task);
    auto found = tasks_.extract(settled->task);
    if (!found.empty()) settle(settled->task, found.mapped(), settled->outcome);
  } else {
    throw FormatError("a record of another role");
  }
}

void Client::restore(std::span<const Record> records) {
  for (const auto& record : records) restore(record);
  for (auto& [task, work] : tasks_) {  // tasks that were under way are lost: their parent asks again
    work.after.reset();
    if (!work.answer) lost_.push_back(task);
  }
  for (const auto& task : lost_) give_back(task);
  parked_.clear();
  newest_ = done_;
  last_record_.reset();
}

void Client::note_done(const TaskId& task) {
  if (!done_ || *done_ < task) done_ = task;
}

SnapshotRecord Client::snapshot() {
  auto& store = *setup_->store;
  State algorithm = store.algorithm_state(self_.index);
  State codec = store.codec_state(self_.index);
  std::map<TaskId, StagedState> staged;
  for (const auto& [task, work] : tasks_) {
    if (!work.answer) continue;
    staged[task] = store.take_staged(task);
    store.stage(task, staged[task]);
  }
  ArchiveWriter archive;
  describe(archive);
  archive(algorithm, codec, staged, lost_);
  return {archive.take()};
}

void Client::restore_snapshot(const SnapshotRecord& record) {
  auto& store = *setup_->store;
  State algorithm;
  State codec;
  std::map<TaskId, StagedState> staged;
  ArchiveReader archive(record.bytes);
  describe(archive);
  archive(algorithm, codec, staged, lost_);
  if (archive.left() != 0) throw FormatError("bytes follow a snapshot");
  store.put_algorithm_state(self_.index, std::move(algorithm));
  store.put_back_codec_state(self_.index, std::move(codec));
  for (auto& [task, state] : staged) store.stage(task, std::move(state));
}

template <class Archive>
void Client::Work::describe(Archive& archive) {
  archive(training, message, started, most_bytes, algorithm, stock, answer, after, stored);
}

template <class Archive>
void Client::describe(Archive& archive) {
  archive(tasks_, parked_, newest_, done_, last_record_, last_token_);
}
template void Client::describe(ArchiveWriter& archive);
template void Client::describe(ArchiveReader& archive);

}  // namespace brume::client
