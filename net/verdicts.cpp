#include "net/verdicts.hpp"

#include "net/wire.pb.h"

namespace brume::net {

namespace {

Outcome outcome_of(std::optional<Status> status) {
  if (status == Status::folded) return Outcome::included;
  if (status == Status::refused) return Outcome::refused;
  if (status == Status::failed) return Outcome::failed;
  return Outcome::late;  // also where nobody knows of the task
}

}  // namespace

wire::Envelope verdict_on(const wire::Ask& ask, const aggregator::Aggregator& aggregator, bool settled,
                          storage::History& history) {
  wire::Envelope envelope;
  auto& verdict = *envelope.mutable_verdict();
  verdict.set_number(ask.number());
  *verdict.mutable_task() = ask.task();
  const TaskId task{ask.task().version(), ask.task().device(), ask.task().attempt()};
  verdict.set_settled(settled && task.version < aggregator.version() && !aggregator.is_open(task.version));
  if (verdict.settled())
    verdict.set_outcome(static_cast<std::uint32_t>(outcome_of(history.ended(task.version, task.device))));
  return envelope;
}

}  // namespace brume::net
