#include "aggregator/settlement.hpp"

#include <algorithm>
#include <cassert>

namespace brume::aggregator {

namespace {

template <class Receipts>
auto find(Receipts& receipts, const TaskId& task) {
  return std::lower_bound(receipts.begin(), receipts.end(), task, [](const Receipt& receipt, const TaskId& wanted) {
    return std::pair<DeviceIndex, std::uint32_t>(receipt.device, receipt.attempt) <
           std::pair(wanted.device, wanted.attempt);
  });
}

bool is(const Receipt& receipt, const TaskId& task) {
  return receipt.device == task.device && receipt.attempt == task.attempt;
}

}  // namespace

Outcome outcome_of(Status status) {
  switch (status) {
    case Status::folded:
      return Outcome::included;
    case Status::refused:
      return Outcome::refused;
    case Status::failed:
      return Outcome::failed;
    case Status::late:
    case Status::outstanding:
      break;
  }
  assert(status == Status::late);
  return Outcome::late;
}

SettledMessage Settlement::message(Version version, const Receipt& receipt) const {
  return {receipt.task(version), outcome_of(receipt.status)};
}

void Settlement::tell(Version version, std::vector<Receipt> receipts, std::optional<Token> after, Actions& actions) {
  if (receipts.empty()) return;
  for (const auto& receipt : receipts) actions.emplace_back(Send{node_of(receipt), message(version, receipt), after});
  const auto open = receipts.size();
  batches_[version].push_back({std::move(receipts), open, after});
}

void Settlement::tell_again(NodeId node, Actions& actions) const {
  if (node.role != children_) return;
  for (const auto& [version, batches] : batches_)
    for (const auto& batch : batches)
      for (auto place = find(batch.receipts, {version, node.index, 0});
           place != batch.receipts.end() && place->device == node.index; ++place)
        if (!place->acknowledged) actions.emplace_back(Send{node, message(version, *place), batch.after});
}

bool Settlement::tell_again(NodeId node, const TaskId& task, Actions& actions) const {
  const auto version = batches_.find(task.version);
  if (node.role != children_ || node.index != task.device || version == batches_.end()) return false;
  bool known = false;
  for (const auto& batch : version->second) {
    const auto place = find(batch.receipts, task);
    if (place == batch.receipts.end() || !is(*place, task)) continue;
    known = true;
    if (!place->acknowledged) actions.emplace_back(Send{node, message(task.version, *place), batch.after});
  }
  return known;
}

void Settlement::acknowledge(NodeId from, const TaskId& task) {
  const auto version = batches_.find(task.version);
  if (from.role != children_ || from.index != task.device || version == batches_.end()) return;
  for (auto& batch : version->second) {
    const auto place = find(batch.receipts, task);
    if (place == batch.receipts.end() || !is(*place, task) || place->acknowledged) continue;
    place->acknowledged = true;
    if (--batch.open * 2 < batch.receipts.size())  // memory follows what is open
      std::erase_if(batch.receipts, [](const Receipt& receipt) { return receipt.acknowledged; });
  }
  std::erase_if(version->second, [](const Batch& batch) { return batch.open == 0; });
  if (version->second.empty()) batches_.erase(version);
}

void Settlement::restart() {
  for (auto& [version, batches] : batches_)
    for (auto& batch : batches) batch.after.reset();
}

}  // namespace brume::aggregator
