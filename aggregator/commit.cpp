// How the aggregator closes what is open, steps its model, and is made again from its records.
#include <algorithm>
#include <utility>

#include "aggregator/aggregator.hpp"
#include "aggregator/guarded_step.hpp"
#include "brume/error.hpp"
#include "messages/describe.hpp"

namespace brume::aggregator {

namespace {

struct Round {
  std::vector<TakenAggregate> taken;  // refer into `parts`
  std::vector<std::pair<Version, Subtree::Taken>> parts;
};

void count(const std::vector<Receipt>& receipts, RoundReport& report) {
  for (const auto& receipt : receipts) {
    if (receipt.status == Status::folded) ++report.included;
    if (receipt.status == Status::late) ++report.late;
    if (receipt.status == Status::refused) ++report.refused;
    if (receipt.status == Status::failed) ++report.failed;
  }
}

// By device, so that the sum does not depend on how the updates came in.
double mean_loss(const Round& round) {
  double loss = 0;
  double weight = 0;
  for (const auto& [version, part] : round.parts)
    for (const auto& receipt : part.receipts) {
      if (receipt.status != Status::folded) continue;
      loss += receipt.weight * static_cast<double>(receipt.loss);
      weight += receipt.weight;
    }
  return weight > 0 ? loss / weight : 0;
}

Round take_all(Subtree& subtree, const std::vector<Version>& closed) {
  Round round;
  for (const auto version : subtree.versions()) {
    const bool last = std::find(closed.begin(), closed.end(), version) != closed.end();
    round.parts.emplace_back(version, subtree.take(version, last));
  }
  for (const auto& [version, part] : round.parts)
    if (part.aggregate) round.taken.push_back({version, part.aggregate.get()});
  return round;
}

// What became of the updates that were folded: a round that has them and includes none could not step.
Outcome verdict_of(const RoundReport& report) { return report.included > 0 ? Outcome::included : Outcome::refused; }

void refuse(Round& round, const std::string& problem, RoundReport& report) {
  for (auto& [version, part] : round.parts)
    for (auto& receipt : part.receipts)
      if (receipt.status == Status::folded) receipt.status = Status::refused;
  report.refused += std::exchange(report.included, 0);
  report.training_loss = 0;
  report.first_problem = problem;
}

}  // namespace

Aggregator::Sent Aggregator::encode_model() {
  auto sent = setup_.history ? next_version() : whole_model();
  sent.broadcast = encode_broadcast();
  return sent;
}

Aggregator::Sent Aggregator::next_version() {
  auto& history = *setup_.history;
  const bool fresh = history.empty() && version_ == 0 && setup_.fresh_model;
  const auto held = history.push(version_, *model_, Stream(setup_.seed, Purpose::downlink, version_), !fresh);
  if (fresh) model_ = held.model;  // what its frame left out is no knowledge: changes shall not carry it after devices
  return {history.bundle(std::nullopt, version_), {}, *held.digest};
}

// For use: where versions go as changes the downlink's chain is for the first one alone.
Frame Aggregator::encoded_model() const {
  if (!setup_.history) return whole_model().model;
  State none;
  const auto codec = compression::ModelHistory::lossless();
  return codec->encode(model_->values(), model_->layout(), {}, Stream(0, Purpose::downlink), none);
}

Aggregator::Sent Aggregator::whole_model() const {
  State none;
  Sent sent;
  sent.model = setup_.downlink->encode(model_->values(), model_->layout(), {},
                                       Stream(setup_.seed, Purpose::downlink, version_), none);
  Parameters received(model_->layout_pointer());
  setup_.downlink->decode(*sent.model, received.layout(), received.values());
  sent.digest = received.digest();
  return sent;
}

std::vector<EncodedVector> Aggregator::encode_broadcast() const {
  State none;
  std::vector<EncodedVector> sent;
  std::uint64_t index = 0;
  for (const auto& spec : setup_.algorithm->broadcast(model_->layout_pointer())) {
    std::vector<float> values(spec.layout->size());
    if (const auto found = state_.vectors.find(spec.name); found != state_.vectors.end()) values = found->second;
    const Stream stream(setup_.seed, Purpose::downlink, version_, ++index);
    sent.push_back({spec.name, setup_.downlink->encode(values, *spec.layout, {}, stream, none)});
  }
  return sent;
}

bool Aggregator::due() const {
  const auto versions = subtree_.versions();
  const bool answered = std::all_of(versions.begin(), versions.end(),
                                    [&](Version version) { return subtree_.aggregation(version).outstanding() == 0; });
  return answered || !overdue_.empty() || policy_->due(standing());
}

// Whether a version ends with the next step: in rounds always, otherwise at its deadline and at the very end.
bool Aggregator::is_last(Version version) const {
  return !policy_->keeps_outstanding() || overdue_.count(version) > 0 || version_ + 1 >= setup_.rounds;
}

// Steps when it is time. Over a tree it first asks the fog nodes for what they have; at a deadline it does not wait.
void Aggregator::progress(Time now, Actions& actions) {
  if (ending_ || finished_ || gathering_ || subtree_.versions().empty() || !due()) return;
  const auto versions = subtree_.versions();
  for (const auto version : versions) subtree_.close(version, is_last(version), actions);
  const auto collected = [&](Version version) { return subtree_.collected(version); };
  if (overdue_.empty() && !std::all_of(versions.begin(), versions.end(), collected)) return;
  commit(now, actions);
}

void Aggregator::commit(Time now, Actions& actions) {
  std::vector<Version> closed;
  for (const auto version : subtree_.versions())
    if (is_last(version)) closed.push_back(version);
  auto round = take_all(subtree_, closed);
  overdue_.clear();
  RoundReport report;
  report.round = version_ + 1;
  report.opened = opened_;
  report.closed = now;
  for (const auto& [version, part] : round.parts) {
    report.cohort += part.receipts.size();
    count(part.receipts, report);
    if (report.first_problem.empty()) report.first_problem = part.problem;
  }
  report.training_loss = mean_loss(round);
  const auto problem = step(round.taken, report);
  if (!problem.empty()) refuse(round, problem, report);
  const auto verdict = verdict_of(report);
  ++version_;
  ending_ = std::move(report);
  const Token committed = tokens_.next();
  CommitRecord record{version_, model_, state_, std::move(closed), *ending_};
  for (auto& [version, part] : round.parts) record.receipts.emplace_back(version, std::move(part.receipts));
  actions.emplace_back(Persist{committed, std::move(record)});
  for (auto& [version, part] : round.parts) subtree_.settle(version, std::move(part.owed), verdict, committed, actions);
  finish_commit(now, actions);
}

// A step that fails takes its round with it and nothing else: model and state stay, the round's updates are refused.
std::string Aggregator::step(const std::vector<TakenAggregate>& taken, RoundReport& report) {
  if (taken.empty()) return {};
  Stepped stepped{*model_, state_};
  const auto problem = step_or_explain(*setup_.algorithm, stepped, [&](Stepped& of) {
    report.scalars =
        setup_.algorithm->step({version_, setup_.population->size(), taken, setup_.seed, 0}, of.model, of.state);
  });
  if (!problem.empty()) {
    report.scalars.clear();
    return problem;
  }
  model_ = std::make_shared<const Parameters>(std::move(stepped.model));
  state_ = std::move(stepped.state);
  return {};
}

void Aggregator::finish_commit(Time now, Actions& actions) {
  if (version_ % setup_.evaluate_every != 0 && version_ != setup_.rounds) return end_round(now, actions);
  evaluation_ = tokens_.next();
  actions.emplace_back(Evaluate{evaluation_, model_});
}

void Aggregator::on_evaluated(const Evaluated& evaluated, Time now, Actions& actions) {
  if (!ending_ || evaluated.token != evaluation_) return;
  ending_->metrics = evaluated.metrics;
  const auto& others = evaluated.metrics.others;
  ending_->scalars.insert(ending_->scalars.end(), others.begin(), others.end());
  end_round(now, actions);
}

void Aggregator::end_round(Time now, Actions& actions) {
  actions.emplace_back(Report{std::move(*ending_)});
  ending_.reset();
  if (replacement_ && may_replace()) return replace_model(now, actions);
  finished_ = version_ >= setup_.rounds;
  if (finished_) return actions.emplace_back(Finish{}), void();
  open(now, actions);
}

// ---- Made again ---------------------------------------------------------------------------------------------------

void Aggregator::restore_commit(const CommitRecord& record) {
  if (!record.model) throw FormatError("a commit lacks its model");
  version_ = record.version;
  model_ = record.model;
  state_ = record.server_state;
  ending_ = record.report;
  Actions told;  // again to everyone who comes back
  if (imported(record.report)) return void(abandon(record.closed, std::nullopt, told));
  auto round = take_all(subtree_, record.closed);
  for (auto& [version, part] : round.parts)
    subtree_.settle(version, std::move(part.owed), verdict_of(record.report), std::nullopt, told);
}

void Aggregator::restore_opened(const OpenedRecord& record) {
  ending_.reset();  // reported before the next version opened
  gathering_.reset();
  if (!record.asked.model) throw FormatError("an opened version lacks its model");
  opened_ = record.opened;
  asked_ = record.asked.tasks.devices.size();
  if (setup_.history) {
    const auto held = setup_.history->take(record.asked.model);
    if (setup_.fresh_model && record.asked.tasks.version == 0) model_ = held.model;
    return subtree_.restore(record, *held.digest);
  }
  Parameters received(model_->layout_pointer());
  setup_.downlink->decode(*record.asked.model, received.layout(), received.values());
  subtree_.restore(record, received.digest());
}

void Aggregator::restore(const Record& record) {
  if (const auto* opened = std::get_if<OpenedRecord>(&record)) return restore_opened(*opened);
  if (const auto* update = std::get_if<UpdateRecord>(&record)) return subtree_.restore(*update);
  if (const auto* answered = std::get_if<AnsweredRecord>(&record)) return subtree_.restore(*answered);
  if (const auto* partial = std::get_if<PartialRecord>(&record)) return subtree_.restore(*partial);
  if (const auto* committed = std::get_if<CommitRecord>(&record)) return restore_commit(*committed);
  const auto* snapshot = std::get_if<SnapshotRecord>(&record);
  if (!snapshot) throw FormatError("a record of another role");
  ArchiveReader reader(snapshot->bytes);
  describe(reader);
  if (reader.left() != 0) throw FormatError("bytes follow a snapshot");
}

void Aggregator::restore(std::span<const Record> records) {
  try {
    for (const auto& record : records) restore(record);
  } catch (const std::out_of_range&) {
    throw FormatError("a record does not fit those before it");
  }
  subtree_.restart();
  gathering_.reset();
  timers_.clear();
  finished_ = finished_ && version_ >= setup_.rounds;  // there may be more of them now
}

SnapshotRecord Aggregator::snapshot() {
  ArchiveWriter writer;
  describe(writer);
  return {writer.take()};
}

void Aggregator::save(ArchiveWriter& archive) { describe(archive); }
void Aggregator::load(ArchiveReader& archive) { describe(archive); }

template <class Archive>
void Aggregator::describe(Archive& archive) {
  archive(tokens_.last, subtree_, model_, state_, version_, opened_, asked_, gathering_, offer_timer_, timers_,
          overdue_, ending_, evaluation_, finished_);
  if (setup_.history) archive(*setup_.history);
}

}  // namespace brume::aggregator
