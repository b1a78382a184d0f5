#include "aggregator/aggregator.hpp"

#include <algorithm>

#include "brume/error.hpp"

namespace brume::aggregator {

namespace {

constexpr Duration kRetrySelection = std::chrono::seconds(10);
constexpr std::size_t kRememberedVersions = 16;  // whose outcomes are told again to devices that ask

}  // namespace

Aggregator::Aggregator(Setup setup, Parameters initial)
    : setup_(std::move(setup)), model_(std::make_shared<const Parameters>(std::move(initial))) {}

void Aggregator::handle(const Event& event, Time now, Actions& actions) {
  if (std::holds_alternative<Started>(event)) return open(now, actions);
  if (const auto* received = std::get_if<Received>(&event)) return on_message(*received, now, actions);
  if (const auto* timer = std::get_if<TimerFired>(&event)) return on_timer(timer->token, now, actions);
  if (const auto* evaluated = std::get_if<Evaluated>(&event)) return on_evaluated(*evaluated, now, actions);
  if (const auto* joined = std::get_if<Joined>(&event)) return on_joined(joined->node.index, actions);
  if (const auto* failed = std::get_if<PersistFailed>(&event))
    throw Error("cannot store what was promised: " + failed->reason);
}

SentModel Aggregator::encode_model() const {
  State none;
  SentModel sent;
  sent.frame = setup_.downlink->encode(model_->values(), model_->layout(), {},
                                       Stream(setup_.seed, Purpose::downlink, version_), none);
  Parameters received(model_->layout_pointer());
  setup_.downlink->decode(*sent.frame, received.layout(), received.values());
  sent.digest = received.digest();
  return sent;
}

void Aggregator::open(Time now, Actions& actions) {
  auto cohort = setup_.selection->select(*setup_.population, version_, setup_.seed);
  if (cohort.empty()) {
    const Token token = next_token();
    timers_[token] = version_;
    actions.emplace_back(SetTimer{token, after(now, kRetrySelection)});
    return;
  }
  const SentModel sent = encode_model();
  const ClosingPolicy policy{std::min<std::uint64_t>(setup_.selection->cohort(), cohort.size()),
                             setup_.deadline ? after(now, *setup_.deadline) : kNever};
  const Token opened = next_token();
  actions.emplace_back(Persist{opened, OpenedRecord{version_, cohort}});
  for (const auto device : cohort)
    actions.emplace_back(
        Send{NodeId::device(device), TaskMessage{{version_, device, 0}, policy.deadline, sent.frame}, opened});
  if (policy.deadline != kNever) {
    timers_[next_token()] = version_;
    actions.emplace_back(SetTimer{last_token_, policy.deadline});
  }
  const auto& layout = model_->layout_pointer();
  const std::uint64_t most = cohort.size();
  Aggregation::Parts parts{setup_.uplink, setup_.algorithm->vectors(layout),
                           setup_.algorithm->aggregate(layout, ExactFormat::for_contributions(most)), most};
  open_.try_emplace(version_, version_, now, std::move(cohort), policy, sent, std::move(parts));
}

void Aggregator::on_message(const Received& received, Time now, Actions& actions) {
  if (NodeId::device(task_of(received.message).device) != received.from) return;  // a device speaks for itself only
  if (const auto* update = std::get_if<UpdateMessage>(&received.message))
    return on_update(received.from, *update, now, actions);
  const auto* failed = std::get_if<FailedMessage>(&received.message);
  if (!failed) return;
  const auto found = open_.find(failed->task.version);
  if (found != open_.end() && found->second.fail(failed->task, failed->reason))
    close_if_due(found->second, now, actions);
}

void Aggregator::on_update(NodeId from, const UpdateMessage& update, Time now, Actions& actions) {
  const auto found = open_.find(update.task.version);
  if (found == open_.end()) {
    actions.emplace_back(
        Send{from, SettledMessage{update.task, settled_outcome(update.task).value_or(Outcome::refused)}});
    return;
  }
  auto& aggregation = found->second;
  switch (aggregation.offer(update)) {
    case Aggregation::Answer::folded:
      aggregation.set_record(update.task, next_token());
      actions.emplace_back(Persist{last_token_, UpdateRecord{update}});
      actions.emplace_back(Send{from, StoredMessage{update.task}, last_token_});
      return close_if_due(aggregation, now, actions);
    case Aggregation::Answer::duplicate:  // the promise again, still behind its record
      actions.emplace_back(Send{from, StoredMessage{update.task}, aggregation.record(update.task)});
      return;
    case Aggregation::Answer::unknown_task:
      actions.emplace_back(Send{from, SettledMessage{update.task, Outcome::refused}});
      return;
    case Aggregation::Answer::refused:  // told with the commit, like every outcome
      return close_if_due(aggregation, now, actions);
  }
}

// A device is back: whatever it may have missed is sent again.
void Aggregator::on_joined(DeviceIndex device, Actions& actions) {
  const NodeId node = NodeId::device(device);
  for (const auto& [version, outcomes] : settled_)
    if (const auto found = outcomes.find(device); found != outcomes.end())
      actions.emplace_back(Send{node, SettledMessage{{version, device, 0}, found->second}});
  for (const auto& [version, aggregation] : open_)
    if (aggregation.outstanding(device))
      actions.emplace_back(
          Send{node, TaskMessage{{version, device, 0}, aggregation.deadline(), aggregation.sent().frame}});
}

void Aggregator::on_timer(Token token, Time now, Actions& actions) {
  const auto timer = timers_.find(token);
  if (timer == timers_.end()) return;
  const Version version = timer->second;
  timers_.erase(timer);
  if (const auto found = open_.find(version); found != open_.end()) return close_if_due(found->second, now, actions);
  if (version == version_ && !ending_ && !finished_) open(now, actions);
}

void Aggregator::close_if_due(Aggregation& aggregation, Time now, Actions& actions) {
  if (aggregation.complete() || aggregation.overdue(now)) close(aggregation, now, actions);
}

void Aggregator::close(Aggregation& aggregation, Time now, Actions& actions) {
  RoundReport report;
  report.round = aggregation.version() + 1;
  report.opened = aggregation.opened();
  report.closed = now;
  report.cohort = aggregation.cohort();
  report.training_loss = aggregation.mean_training_loss();
  report.first_problem = aggregation.first_problem();
  commit(aggregation, report, actions);
  open_.erase(aggregation.version());
  ending_ = std::move(report);
  if (version_ % setup_.evaluate_every == 0 || version_ == setup_.rounds) {
    evaluation_ = next_token();
    actions.emplace_back(Evaluate{evaluation_, model_});
  } else {
    end_round(now, actions);
  }
}

void Aggregator::commit(Aggregation& aggregation, RoundReport& report, Actions& actions) {
  if (aggregation.included() > 0) {
    auto stepped = std::make_shared<Parameters>(*model_);
    report.scalars = setup_.algorithm->step(aggregation.aggregate(), *stepped, state_);
    model_ = std::move(stepped);
  }
  ++version_;
  actions.emplace_back(Persist{next_token(), CommitRecord{version_, model_, state_}});
  for (const auto& [task, outcome] : aggregation.outcomes()) {
    if (outcome == Outcome::included) ++report.included;
    if (outcome == Outcome::late) ++report.late;
    if (outcome == Outcome::refused) ++report.refused;
    if (outcome == Outcome::failed) ++report.failed;
    // A model that is still on its way to a late device need not arrive.
    if (outcome == Outcome::late) actions.emplace_back(Drop{task});
    actions.emplace_back(Send{NodeId::device(task.device), SettledMessage{task, outcome}, last_token_});
  }
  remember(aggregation);
}

void Aggregator::remember(const Aggregation& aggregation) {
  auto& outcomes = settled_[aggregation.version()];
  for (const auto& [task, outcome] : aggregation.outcomes()) outcomes.emplace(task.device, outcome);
  if (settled_.size() > kRememberedVersions) settled_.erase(settled_.begin());
}

std::optional<Outcome> Aggregator::settled_outcome(const TaskId& task) const {
  if (task.attempt != 0) return std::nullopt;
  const auto version = settled_.find(task.version);
  if (version == settled_.end()) return std::nullopt;
  const auto device = version->second.find(task.device);
  return device == version->second.end() ? std::nullopt : std::optional(device->second);
}

void Aggregator::on_evaluated(const Evaluated& evaluated, Time now, Actions& actions) {
  if (!ending_ || evaluated.token != evaluation_) return;
  ending_->metrics = evaluated.metrics;
  end_round(now, actions);
}

void Aggregator::end_round(Time now, Actions& actions) {
  actions.emplace_back(Report{std::move(*ending_)});
  ending_.reset();
  if (version_ < setup_.rounds) return open(now, actions);
  finished_ = true;
  actions.emplace_back(Finish{});
}

}  // namespace brume::aggregator
