// How the aggregator closes what is open, steps its model, and is made again from its records.
#include <algorithm>
#include <bit>

#include "aggregator/aggregator.hpp"
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

Round take_all(Subtree& subtree, bool last) {
  Round round;
  for (const auto version : subtree.versions()) round.parts.emplace_back(version, subtree.take(version, last));
  for (const auto& [version, part] : round.parts)
    if (part.aggregate->contributions() > 0) round.taken.push_back({version, part.aggregate.get()});
  return round;
}

}  // namespace

Aggregator::Sent Aggregator::encode_model() const {
  State none;
  Sent sent;
  sent.model = setup_.downlink->encode(model_->values(), model_->layout(), {},
                                       Stream(setup_.seed, Purpose::downlink, version_), none);
  Parameters received(model_->layout_pointer());
  setup_.downlink->decode(*sent.model, received.layout(), received.values());
  sent.digest = received.digest();
  std::uint64_t index = 0;
  for (const auto& spec : setup_.algorithm->broadcast(model_->layout_pointer())) {
    std::vector<float> values(spec.layout->size());
    if (const auto found = state_.vectors.find(spec.name); found != state_.vectors.end()) values = found->second;
    const Stream stream(setup_.seed, Purpose::downlink, version_, ++index);
    sent.broadcast.push_back({spec.name, setup_.downlink->encode(values, *spec.layout, {}, stream, none)});
  }
  return sent;
}

bool Aggregator::due() const {
  const auto versions = subtree_.versions();
  const bool answered = std::all_of(versions.begin(), versions.end(),
                                    [&](Version version) { return subtree_.aggregation(version).outstanding() == 0; });
  return answered || overdue_ || policy_->due(standing());
}

// Steps when it is time. Over a tree it first asks the fog nodes for what they have; at the deadline it does not wait.
void Aggregator::progress(Time now, Actions& actions) {
  if (ending_ || finished_ || gathering_ || subtree_.versions().empty() || !due()) return;
  const auto versions = subtree_.versions();
  for (const auto version : versions) subtree_.close(version, !policy_->keeps_outstanding(), actions);
  const auto collected = [&](Version version) { return subtree_.collected(version); };
  if (!overdue_ && !std::all_of(versions.begin(), versions.end(), collected)) return;
  commit(now, actions);
}

void Aggregator::commit(Time now, Actions& actions) {
  auto round = take_all(subtree_, !policy_->keeps_outstanding());
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
  if (!round.taken.empty()) {
    auto stepped = std::make_shared<Parameters>(*model_);
    report.scalars = setup_.algorithm->step({version_, setup_.population->size(), round.taken}, *stepped, state_);
    model_ = std::move(stepped);
  }
  ++version_;
  ending_ = std::move(report);
  const Token committed = tokens_.next();
  actions.emplace_back(
      Persist{committed, CommitRecord{version_, model_, state_, policy_->keeps_outstanding(), *ending_}});
  for (auto& [version, part] : round.parts)
    subtree_.settle(version, std::move(part.owed), Outcome::included, committed, actions);
  finish_commit(now, actions);
}

void Aggregator::finish_commit(Time now, Actions& actions) {
  if (version_ % setup_.evaluate_every != 0 && version_ != setup_.rounds) return end_round(now, actions);
  evaluation_ = tokens_.next();
  actions.emplace_back(Evaluate{evaluation_, model_});
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

// ---- Made again ---------------------------------------------------------------------------------------------------

void Aggregator::restore_commit(const CommitRecord& record) {
  auto round = take_all(subtree_, !record.kept_outstanding);
  version_ = record.version;
  model_ = record.model;
  state_ = record.server_state;
  ending_ = record.report;
  Actions told;  // again to everyone who comes back
  for (auto& [version, part] : round.parts)
    subtree_.settle(version, std::move(part.owed), Outcome::included, std::nullopt, told);
}

void Aggregator::restore(std::span<const Record> records) {
  for (const auto& record : records) {
    if (const auto* opened = std::get_if<OpenedRecord>(&record)) {
      ending_.reset();  // reported before the next version opened
      Parameters received(model_->layout_pointer());
      setup_.downlink->decode(*opened->asked.model, received.layout(), received.values());
      opened_ = opened->opened;
      overdue_ = false;
      asked_ = opened->asked.tasks.devices.size();
      subtree_.restore(*opened, received.digest());
    } else if (const auto* update = std::get_if<UpdateRecord>(&record)) {
      subtree_.restore(*update);
    } else if (const auto* answered = std::get_if<AnsweredRecord>(&record)) {
      subtree_.restore(*answered);
    } else if (const auto* partial = std::get_if<PartialRecord>(&record)) {
      subtree_.restore(*partial);
    } else if (const auto* committed = std::get_if<CommitRecord>(&record)) {
      restore_commit(*committed);
    } else if (const auto* snapshot = std::get_if<SnapshotRecord>(&record)) {
      ArchiveReader reader(snapshot->bytes);
      describe(reader);
    } else {
      throw FormatError("a record of another role");
    }
  }
}

SnapshotRecord Aggregator::snapshot() {
  ArchiveWriter writer;
  describe(writer);
  return {writer.take()};
}

template <class Archive>
void Aggregator::describe(Archive& archive) {
  archive(tokens_.last, subtree_, model_, state_, version_, opened_, asked_, gathering_, offer_timer_, timers_,
          overdue_, ending_, evaluation_, finished_);
}

}  // namespace brume::aggregator
