// How a fog node closes what it was asked for, sends it upwards, and hears what became of it.
#include <algorithm>

#include "brume/error.hpp"
#include "fog_node/fog_node.hpp"
#include "messages/describe.hpp"

namespace brume::fog_node {

// Sends a part when all have answered, or when the parent waits for one and the children have delivered.
void FogNode::progress(Version version, Time now, Actions& actions) {
  const auto found = rounds_.find(version);
  if (found == rounds_.end()) return;
  auto& round = found->second;
  const bool answered = subtree_.aggregation(version).outstanding() == 0;
  if (round.closing && subtree_.collected(version)) return make_part(version, round.closing->last, actions);
  if (answered && !next_own_round(version, now, actions)) return make_part(version, true, actions);
  if (!answered) report_count(version, actions);
}

void FogNode::report_count(Version version, Actions& actions) {
  auto& round = rounds_.at(version);
  if (!subtree_.asked(version).tasks.counts || round.own) return;
  const auto folded = subtree_.folded_in_all(version);
  if (folded <= round.counted) return;
  round.counted = folded;
  actions.emplace_back(Send{setup_.parent, CountMessage{version, folded}, subtree_.pending(version)});
}

void FogNode::on_close(const CloseMessage& close, Time now, Actions& actions) {
  const auto round = rounds_.find(close.version);
  if (round == rounds_.end() || close.part != round->second.next_part) return;  // it is on its way
  round->second.closing = close;
  subtree_.close(close.version, close.last, actions);
  progress(close.version, now, actions);
}

void FogNode::on_timer(Token token, Time now, Actions& actions) {
  const auto timer = timers_.find(token);
  if (timer == timers_.end()) return;
  const Version version = timer->second;
  timers_.erase(timer);
  if (gathering_ && token == offer_timer_) {  // whoever is silent is not waited for
    gathering_->leave_silent();
    return offer_if_complete(actions);
  }
  const auto round = rounds_.find(version);
  if (round == rounds_.end() || now < subtree_.asked(version).tasks.deadline) return;
  if (now < round->second.deadline && next_own_round(version, now, actions)) return;
  make_part(version, true, actions);
}

// ---- Own rounds ---------------------------------------------------------------------------------------------------

// An even share of the time that is left.
AssignMessage FogNode::own_round(AssignMessage asked, Time now) const {
  const auto& round = rounds_.at(asked.tasks.version);
  const auto left = setup_.algorithm->fog_rounds() - round.own->done();
  if (round.deadline != kNever)
    asked.tasks.deadline = now + std::max(round.deadline - now, Duration(0)) / static_cast<std::int64_t>(left);
  asked.tasks.attempt = static_cast<std::uint32_t>(round.own->done());
  return asked;
}

StepInput FogNode::step_input(Version version) const {
  return {version, setup_.population->size(), {}, setup_.seed, 1 + setup_.self.index};
}

bool FogNode::next_own_round(Version version, Time now, Actions& actions) {
  auto& own = rounds_.at(version).own;
  if (!own || own->done() + 1 >= setup_.algorithm->fog_rounds()) return false;
  AssignMessage asked = subtree_.asked(version);
  auto taken = subtree_.take(version, true);
  for (const auto& receipt : taken.receipts) {
    asked.tasks.devices.push_back(receipt.device);
    if (receipt.status == Status::late) actions.emplace_back(Drop{receipt.task(version)});
  }
  own->end_round(step_input(version), std::move(taken));
  State none;
  const Stream stream(setup_.seed, Purpose::downlink, version, (setup_.self.index + 1) << 16 | own->done());
  asked.model = setup_.downlink->encode(own->model().values(), own->model().layout(), {}, stream, none);
  asked = own_round(std::move(asked), now);
  subtree_.open(asked, *setup_.receiver->receive(asked.model).digest, {}, now, actions);
  set_timer(version, asked.tasks.deadline, actions);
  return true;
}

// ---- Parts --------------------------------------------------------------------------------------------------------

aggregator::Subtree::Taken FogNode::take(Version version, bool last) {
  auto& round = rounds_.at(version);
  if (!round.own) return subtree_.take(version, last);
  const auto format = subtree_.aggregation(version).format();
  round.own->end_round(step_input(version), subtree_.take(version, true));
  return round.own->result(version, setup_.self, format);
}

void FogNode::make_part(Version version, bool last, Actions& actions) {
  const std::uint32_t part = rounds_.at(version).next_part;
  auto taken = take(version, last);
  for (const auto& receipt : taken.owed)  // no use in a model that is still on its way
    if (subtree_.lowest() && receipt.status == Status::late) actions.emplace_back(Drop{receipt.task(version)});
  PartialMessage message{{version, setup_.self.index, part},
                         !subtree_.is_open(version),
                         std::move(taken.receipts),
                         nullptr,
                         std::move(taken.problem)};
  Part made{std::nullopt, std::move(taken.owed), std::nullopt};
  if (taken.folded > 0) {
    const Stream stream(setup_.seed, Purpose::fog_uplink, version, setup_.self.index << 16 | part);
    message.aggregate = encoder_.encode(*taken.aggregate, stream, made.staged, message.problem);
    if (taken.forwarded && taken.forwarded->size() < message.aggregate->size()) message.aggregate = taken.forwarded;
  }
  send_part(std::move(message), std::move(made), actions);
}

void FogNode::send_part(PartialMessage message, Part part, Actions& actions) {
  const TaskId task = message.task;
  if (message.last) {
    rounds_.erase(task.version);
  } else if (const auto round = rounds_.find(task.version); round != rounds_.end()) {
    ++round->second.next_part;
    round->second.closing.reset();
  }
  const Token token = tokens_.next();
  actions.emplace_back(Persist{token, PartRecord{message}});
  actions.emplace_back(Send{setup_.parent, message, token});
  part.message = std::move(message);
  part.after = token;
  parts_.insert_or_assign(task, std::move(part));
}

// A model that cannot be read: none of these devices can be asked.
void FogNode::refuse(const AssignMessage& asked, const std::string& problem, Actions& actions) {
  PartialMessage message{{asked.tasks.version, setup_.self.index, 0}, true, {}, nullptr, problem};
  for (const auto device : asked.tasks.devices) {
    auto& receipt = message.receipts.emplace_back();
    receipt.device = device;
    receipt.status = Status::failed;
  }
  send_part(std::move(message), {}, actions);
}

// Takes a part off the books, or the version of which it would have been the next part. Returns whether there was one,
// and what the children are owed for it.
std::optional<std::vector<Receipt>> FogNode::forget_part(const TaskId& task, Outcome outcome) {
  if (const auto part = parts_.find(task); part != parts_.end()) {
    encoder_.settle(part->second.staged, outcome);
    auto owed = std::move(part->second.owed);
    parts_.erase(part);
    return owed;
  }
  const auto round = rounds_.find(task.version);
  if (round == rounds_.end() || round->second.next_part != task.attempt) return std::nullopt;
  auto owed = take(task.version, true).owed;
  rounds_.erase(round);
  return owed;
}

// Parts are taken in their order: if one is late, so are those after it.
bool FogNode::settle(const SettledMessage& settled, std::optional<Token> after, Actions& actions) {
  bool any = false;
  TaskId task = settled.task;
  while (const auto owed = forget_part(task, settled.outcome)) {
    any = true;
    subtree_.settle(task.version, *owed, settled.outcome, after, actions);
    if (settled.outcome != Outcome::late) break;
    ++task.attempt;
  }
  return any;
}

void FogNode::on_settled(const SettledMessage& settled, Actions& actions) {
  if (settled.task.device != setup_.self.index) return;
  const Token token = tokens_.next();
  Actions told;
  const bool known = settle(settled, token, told);
  const bool unseen = settled.task.version >= oldest_ && seen_.insert(settled.task.version).second;
  if (known || unseen) {  // a version that is over before it was asked for shall not be asked for
    last_verdict_ = token;
    actions.emplace_back(Persist{token, SettledRecord{settled.task, settled.outcome}});
    actions.insert(actions.end(), std::make_move_iterator(told.begin()), std::make_move_iterator(told.end()));
  }
  // Heard twice: the first one's record may still be on its way to the disk.
  actions.emplace_back(Send{setup_.parent, AcknowledgedMessage{settled.task}, last_verdict_});
}

void FogNode::on_joined(const Joined& joined, Actions& actions) {
  const NodeId node = joined.node;
  if (node != setup_.parent) {
    std::erase_if(turned_away_, [&](const auto& entry) { return entry.second == node; });  // it sends again by itself
    subtree_.on_joined(joined, actions);
    if (!gathering_ || subtree_.children().count(node) == 0) return;
    gathering_->join(node);
    actions.emplace_back(Send{node, gathering_->invite()});
    return;
  }
  cut_off_ = false;
  call_back(actions);
  for (const auto& [task, part] : parts_)
    if (part.message) actions.emplace_back(Send{setup_.parent, *part.message, part.after});
  for (auto& [version, round] : rounds_) {
    round.counted = 0;
    report_count(version, actions);
  }
}

// ---- Made again ---------------------------------------------------------------------------------------------------

void FogNode::restore_opened(const OpenedRecord& record) {
  const auto& asked = record.asked;
  const Version version = asked.tasks.version;
  if (asked.tasks.attempt == 0) {
    remember(asked);
    auto round = make_round(asked);
    if (round.own && round.deadline != kNever)  // the record has the first round's share
      round.deadline =
          record.opened + (round.deadline - record.opened) * static_cast<std::int64_t>(setup_.algorithm->fog_rounds());
    rounds_.insert_or_assign(version, std::move(round));
  } else {
    rounds_.at(version).own->end_round(step_input(version), subtree_.take(version, true));
  }
  subtree_.restore(record, *setup_.receiver->receive(asked.model).digest);
}

void FogNode::restore_part(const PartRecord& record) {
  const auto& part = record.part;
  Part made{part, {}, std::nullopt};
  const auto round = rounds_.find(part.task.version);
  if (round != rounds_.end()) {
    auto taken = take(part.task.version, part.last);
    made.owed = std::move(taken.owed);
    if (taken.folded > 0 && part.aggregate) encoder_.restore(*taken.aggregate, part.aggregate, made.staged);
    ++round->second.next_part;
    if (part.last) rounds_.erase(round);
  } else {
    seen_.insert(part.task.version);
  }
  parts_.insert_or_assign(part.task, std::move(made));
}

void FogNode::restore(const Record& record) {
  if (const auto* opened = std::get_if<OpenedRecord>(&record)) return restore_opened(*opened);
  if (const auto* update = std::get_if<UpdateRecord>(&record)) return subtree_.restore(*update);
  if (const auto* answered = std::get_if<AnsweredRecord>(&record)) return subtree_.restore(*answered);
  if (const auto* partial = std::get_if<PartialRecord>(&record)) return subtree_.restore(*partial);
  if (const auto* part = std::get_if<PartRecord>(&record)) return restore_part(*part);
  if (const auto* settled = std::get_if<SettledRecord>(&record)) {
    Actions told;  // again to everyone who comes back
    seen_.insert(settled->task.version);
    (void)settle({settled->task, settled->outcome}, std::nullopt, told);
    return;
  }
  const auto* snapshot = std::get_if<SnapshotRecord>(&record);
  if (!snapshot) throw FormatError("a record of another role");
  ArchiveReader reader(snapshot->bytes);
  describe(reader);
  if (reader.left() != 0) throw FormatError("bytes follow a snapshot");
}

void FogNode::restore(std::span<const Record> records) {
  try {
    for (const auto& record : records) restore(record);
  } catch (const std::out_of_range&) {
    throw FormatError("a record does not fit those before it");
  }
  subtree_.restart();
  timers_.clear();
  gathering_.reset();
  turned_away_.clear();
  last_verdict_.reset();
  for (auto& [task, part] : parts_) part.after.reset();
}

SnapshotRecord FogNode::snapshot() {
  ArchiveWriter writer;
  describe(writer);
  return {writer.take()};
}

// What a process that begins again learns anew is in no snapshot.
void FogNode::save(ArchiveWriter& archive) {
  describe(archive);
  archive(cut_off_, turned_away_);
}
void FogNode::load(ArchiveReader& archive) {
  describe(archive);
  archive(cut_off_, turned_away_);
}

template <class Archive>
void FogNode::Part::describe(Archive& archive) {
  archive(message, owed, after, staged);
}

template <class Archive>
void FogNode::Round::describe(Archive& archive) {
  archive(next_part, counted, closing, deadline);
}

template <class Archive>
void FogNode::describe(Archive& archive) {
  archive(tokens_.last, subtree_, rounds_, parts_, encoder_, seen_, oldest_, last_verdict_, gathering_, offer_timer_,
          offered_, offered_version_, timers_);
  if (setup_.history) archive(*setup_.history);
  for (auto& [version, round] : rounds_) {
    std::shared_ptr<const Parameters> received;
    if constexpr (!Archive::kReading)
      if (round.own) received = round.own->received();
    archive(received);
    if constexpr (Archive::kReading)
      if (received) round.own.emplace(setup_.algorithm, received);
    if (round.own) archive(*round.own);
  }
}

}  // namespace brume::fog_node
