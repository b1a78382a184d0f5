#include "net/verdicts.hpp"

#include "aggregator/settlement.hpp"
#include "net/wire.pb.h"

namespace brume::net {

wire::Envelope verdict_on(const wire::Ask& ask, const aggregator::Aggregator& aggregator, bool settled,
                          storage::History& history) {
  wire::Envelope envelope;
  auto& verdict = *envelope.mutable_verdict();
  verdict.set_number(ask.number());
  *verdict.mutable_task() = ask.task();
  const auto task = task_from(ask.task());
  verdict.set_settled(settled && task.version < aggregator.version() && !aggregator.is_open(task.version));
  if (verdict.settled()) {  // what nobody knows of came to nothing
    const auto status = history.ended(task.version, task.device).value_or(Status::late);
    verdict.set_outcome(static_cast<std::uint32_t>(aggregator::outcome_of(status)));
  }
  return envelope;
}

}  // namespace brume::net
