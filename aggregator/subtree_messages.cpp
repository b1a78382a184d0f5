// What comes up to a subtree, and how its records make it again.
#include <algorithm>

#include "aggregator/subtree.hpp"

namespace brume::aggregator {

std::optional<Version> Subtree::on_message(const Received& received, Actions& actions) {
  const auto& message = received.message;
  const TaskId task = task_of(message);
  if (received.from.role != setup_.children) return std::nullopt;
  if (const auto* count = std::get_if<CountMessage>(&message)) return on_count(received.from, *count);
  if (task.device != received.from.index) return std::nullopt;  // a node speaks for itself only
  if (const auto* done = std::get_if<AcknowledgedMessage>(&message)) {
    settlement_.acknowledge(received.from, done->task);
    return std::nullopt;
  }
  if (lowest()) {
    if (const auto* update = std::get_if<UpdateMessage>(&message)) return on_update(received.from, *update, actions);
    if (const auto* failed = std::get_if<FailedMessage>(&message)) return on_failed(*failed, actions);
  } else if (const auto* partial = std::get_if<PartialMessage>(&message)) {
    return on_partial(received.from, *partial, actions);
  }
  return std::nullopt;
}

void Subtree::persist_and_store(Record record, NodeId from, const TaskId& task, Actions& actions) {
  const Token token = tokens_.next();
  actions.emplace_back(Persist{token, std::move(record)});
  promises_.emplace(token, Promise{from, task});
  actions.emplace_back(Send{from, StoredMessage{task}, token});
}

// The promise once more, behind its record if that is still under way.
void Subtree::store_again(NodeId from, const TaskId& task, Actions& actions) {
  std::optional<Token> after;
  for (const auto& [token, promise] : promises_)
    if (promise.to == from && promise.task == task) after = token;
  actions.emplace_back(Send{from, StoredMessage{task}, after});
}

// The cloud forgets a verdict when it is acknowledged. What it has no memory of is over, or came after the backup from
// which it was restored; whoever has heard a verdict before acts on that one.
std::optional<Version> Subtree::tell_of_closed(NodeId from, const TaskId& task, Actions& actions) {
  if (!settlement_.tell_again(from, task, actions) && setup_.decides)
    actions.emplace_back(Send{from, SettledMessage{task, Outcome::late}});
  return std::nullopt;
}

std::optional<Version> Subtree::on_update(NodeId from, const UpdateMessage& update, Actions& actions) {
  const auto found = open_.find(update.task.version);
  if (found == open_.end()) return tell_of_closed(from, update.task, actions);
  auto& open = found->second;
  switch (open.aggregation.offer(update)) {
    case Aggregation::Answer::folded:
      ++open.folded_in_all;
      note_model(from, update.task.version);
      persist_and_store(UpdateRecord{update}, from, update.task, actions);
      return update.task.version;
    case Aggregation::Answer::duplicate:
      store_again(from, update.task, actions);
      return std::nullopt;
    case Aggregation::Answer::refused:  // told with the commit, like every outcome
      actions.emplace_back(
          Persist{tokens_.next(), AnsweredRecord{update.task, Status::refused, open.aggregation.problem()}});
      return update.task.version;
    case Aggregation::Answer::unknown_task:
      settlement_.tell_again(from, update.task, actions);
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Version> Subtree::on_failed(const FailedMessage& failed, Actions& actions) {
  const auto found = open_.find(failed.task.version);
  if (found == open_.end()) return tell_of_closed(NodeId::device(failed.task.device), failed.task, actions);
  if (!found->second.aggregation.answer(failed.task, Status::failed, failed.reason)) {
    settlement_.tell_again(NodeId::device(failed.task.device), failed.task, actions);
    return std::nullopt;
  }
  note_model(NodeId::device(failed.task.device), std::nullopt);  // the model may be why
  actions.emplace_back(Persist{tokens_.next(), AnsweredRecord{failed.task, Status::failed, failed.reason}});
  return failed.task.version;
}

std::optional<Version> Subtree::on_count(NodeId from, const CountMessage& count) {
  const auto found = open_.find(count.version);
  if (found == open_.end()) return std::nullopt;
  const auto child = found->second.children.find(from);
  if (child == found->second.children.end()) return std::nullopt;
  const auto most = child->second.merged + child->second.outstanding;
  child->second.counted = std::max(child->second.counted, std::min(count.folded, most));
  return count.version;
}

std::optional<Version> Subtree::on_partial(NodeId from, const PartialMessage& partial, Actions& actions) {
  const auto found = open_.find(partial.task.version);
  if (found == open_.end()) return tell_of_closed(from, partial.task, actions);
  auto& open = found->second;
  const auto child = open.children.find(from);
  if (child == open.children.end() || partial.task.attempt > child->second.next_part) return std::nullopt;
  if (partial.task.attempt < child->second.next_part) {
    store_again(from, partial.task, actions);
    settlement_.tell_again(from, partial.task, actions);
    return std::nullopt;
  }
  if (!merge_part(open, child->second, partial)) {
    refuse_rest(open, from, "a fog node answered for tasks that are not its own, or not any more", actions);
    return partial.task.version;
  }
  const bool folded = partial.aggregate != nullptr;
  note_model(from, folded ? std::optional(partial.task.version) : std::nullopt);
  persist_and_store(PartialRecord{partial}, from, partial.task, actions);
  if (partial.last) refuse_rest(open, from, "a fog node ended a version without an answer for this task", actions);
  return partial.task.version;
}

bool Subtree::expects(NodeId from, const TaskId& task) const {
  const auto found = open_.find(task.version);
  if (found == open_.end() || from.role != setup_.children || from.index != task.device) return false;
  if (!lowest()) {
    const auto child = found->second.children.find(from);
    return child != found->second.children.end() && child->second.next_part == task.attempt;
  }
  const auto& receipts = found->second.aggregation.receipts();
  return std::any_of(receipts.begin(), receipts.end(), [&](const Receipt& receipt) {
    return receipt.task(task.version) == task && receipt.status == Status::outstanding;
  });
}

// A child that cannot be believed, or says no more, does not hold the others up.
void Subtree::refuse_rest(Open& open, NodeId from, const std::string& why, Actions& actions) {
  const Version version = open.asked.tasks.version;
  std::vector<TaskId> rest;
  for (const auto& receipt : open.aggregation.receipts())
    if (receipt.child == from.index && receipt.status == Status::outstanding) rest.push_back(receipt.task(version));
  for (const auto& task : rest) {
    actions.emplace_back(Persist{tokens_.next(), AnsweredRecord{task, Status::refused, why}});
    note_answered(open, task);
    (void)open.aggregation.answer(task, Status::refused, why);
  }
}

// The child below which the device is owes one answer less.
void Subtree::note_answered(Open& open, const TaskId& task) {
  for (const auto& receipt : open.aggregation.receipts()) {
    if (receipt.device != task.device) continue;
    const auto child = open.children.find(NodeId::fog(receipt.child));
    if (child == open.children.end() || receipt.status != Status::outstanding) return;
    if (--child->second.outstanding == 0) child->second.closing.reset();
  }
}

// A part counts as come even when it is refused. One whose receipts do not fit the books is no part of this version.
bool Subtree::merge_part(Open& open, Child& child, const PartialMessage& partial) {
  const auto answer = open.aggregation.offer(partial, static_cast<std::uint32_t>(partial.task.device));
  if (answer == Aggregation::Answer::unknown_task) return false;
  Receipt part;
  part.device = partial.task.device;
  part.attempt = static_cast<std::uint16_t>(partial.task.attempt);
  part.status = answer == Aggregation::Answer::folded ? Status::folded : Status::refused;
  open.merged_parts.push_back(part);
  const auto folded = std::count_if(partial.receipts.begin(), partial.receipts.end(),
                                    [](const Receipt& receipt) { return receipt.status == Status::folded; });
  if (part.status == Status::folded) child.merged += static_cast<std::uint64_t>(folded);
  child.counted =
      child.merged;  // a part is all that the child has; what it counted and lost in a restart it will count again
  child.outstanding -= partial.receipts.size();
  child.next_part = partial.task.attempt + 1;
  child.last = partial.last;
  child.closing.reset();
  return true;
}

void Subtree::restore(const OpenedRecord& record, const Digest& base) { add_open(record.asked, base, record.routes); }

void Subtree::restore(const UpdateRecord& record) {
  auto& open = open_.at(record.update.task.version);
  if (open.aggregation.offer(record.update) == Aggregation::Answer::folded) ++open.folded_in_all;
}

void Subtree::restore(const AnsweredRecord& record) {
  auto& open = open_.at(record.task.version);
  note_answered(open, record.task);
  (void)open.aggregation.answer(record.task, record.status, record.problem);
}

void Subtree::restore(const PartialRecord& record) {
  auto& open = open_.at(record.partial.task.version);
  (void)merge_part(open, open.children.at(NodeId::fog(record.partial.task.device)), record.partial);
}

}  // namespace brume::aggregator
