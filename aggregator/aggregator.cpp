#include "aggregator/aggregator.hpp"

#include <algorithm>

#include "brume/error.hpp"

namespace brume::aggregator {

namespace {

constexpr Duration kRetrySelection = std::chrono::seconds(10);

}  // namespace

Aggregator::Aggregator(Setup setup, Parameters initial)
    : setup_(std::move(setup)), model_(std::make_shared<const Parameters>(std::move(initial))) {}

void Aggregator::handle(const Event& event, Time now, Actions& actions) {
  if (std::holds_alternative<Started>(event)) return open(now, actions);
  if (const auto* received = std::get_if<Received>(&event)) return on_message(*received, now, actions);
  if (const auto* timer = std::get_if<TimerFired>(&event)) return on_timer(timer->token, now, actions);
  if (const auto* evaluated = std::get_if<Evaluated>(&event)) return on_evaluated(*evaluated, now, actions);
  if (const auto* failed = std::get_if<PersistFailed>(&event))
    throw Error("cannot store what was promised: " + failed->reason);
}

ExactFormat Aggregator::exact_format(std::uint64_t cohort) const { return ExactFormat::for_contributions(cohort); }

Aggregator::Sent Aggregator::encode_model() const {
  State none;
  Sent sent;
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
    actions.emplace_back(SetTimer{token, now + kRetrySelection});
    return;
  }
  sent_ = encode_model();
  const ClosingPolicy policy{std::min<std::uint64_t>(setup_.selection->cohort(), cohort.size()),
                             setup_.deadline ? now + *setup_.deadline : kNever};
  const auto format = exact_format(cohort.size());
  actions.emplace_back(Persist{next_token(), OpenedRecord{version_, cohort}});
  const Token opened = last_token_;
  for (const auto device : cohort)
    actions.emplace_back(
        Send{NodeId::device(device), TaskMessage{{version_, device, 0}, policy.deadline, sent_.frame}, opened});
  if (policy.deadline != kNever) {
    timers_[next_token()] = version_;
    actions.emplace_back(SetTimer{last_token_, policy.deadline});
  }
  open_.try_emplace(version_, version_, now, std::move(cohort), policy,
                    setup_.algorithm->aggregate(model_->layout_pointer(), format), format);
}

void Aggregator::on_message(const Received& received, Time now, Actions& actions) {
  if (const auto* update = std::get_if<UpdateMessage>(&received.message))
    return on_update(received.from, *update, now, actions);
  const auto* failed = std::get_if<FailedMessage>(&received.message);
  if (!failed || NodeId::device(failed->task.device) != received.from) return;
  const auto found = open_.find(failed->task.version);
  if (found == open_.end() || !found->second.fail(failed->task)) return;
  if (first_problem_.empty()) first_problem_ = failed->reason;
  close_if_due(found->second, now, actions);
}

void Aggregator::on_update(NodeId from, const UpdateMessage& update, Time now, Actions& actions) {
  if (NodeId::device(update.task.device) != from) return;  // a device speaks for itself only
  const auto found = open_.find(update.task.version);
  if (found == open_.end()) {
    const auto outcome = update.task.version < version_ ? Outcome::late : Outcome::refused;
    actions.emplace_back(Send{from, SettledMessage{update.task, outcome}});
    return;
  }
  auto& aggregation = found->second;
  std::string problem;
  switch (aggregation.offer(update, {*setup_.uplink, model_->layout_pointer(), sent_.digest}, problem)) {
    case Aggregation::Answer::folded:
      actions.emplace_back(
          Persist{next_token(), UpdateRecord{update.task, update.weight, update.loss, update.samples}});
      actions.emplace_back(Send{from, StoredMessage{update.task}, last_token_});
      break;
    case Aggregation::Answer::duplicate:
      actions.emplace_back(Send{from, StoredMessage{update.task}});
      return;
    case Aggregation::Answer::unknown_task:
      actions.emplace_back(Send{from, SettledMessage{update.task, Outcome::refused}});
      return;
    case Aggregation::Answer::refused:
      if (first_problem_.empty()) first_problem_ = problem;
      break;
  }
  close_if_due(aggregation, now, actions);
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
  report.round = version_ + 1;
  report.opened = aggregation.opened();
  report.closed = now;
  report.cohort = aggregation.cohort();
  report.training_loss = aggregation.mean_training_loss();
  report.first_problem = std::exchange(first_problem_, "");
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
  actions.emplace_back(Persist{next_token(), CommitRecord{version_, model_}});
  for (const auto& [task, outcome] : aggregation.outcomes()) {
    if (outcome == Outcome::included) ++report.included;
    if (outcome == Outcome::late) ++report.late;
    if (outcome == Outcome::refused) ++report.refused;
    if (outcome == Outcome::failed) ++report.failed;
    if (outcome == Outcome::late) actions.emplace_back(Drop{task});  // a model that is still on its way need not arrive
    actions.emplace_back(Send{NodeId::device(task.device), SettledMessage{task, outcome}, last_token_});
  }
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
