#include "aggregator/aggregation.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"

namespace brume::aggregator {

Aggregation::Aggregation(Version version, Time opened, std::vector<DeviceIndex> cohort, ClosingPolicy policy,
                         std::unique_ptr<Aggregate> aggregate, const ExactFormat& format)
    : version_(version),
      opened_(opened),
      cohort_(std::move(cohort)),
      statuses_(cohort_.size(), Status::outstanding),
      policy_(policy),
      aggregate_(std::move(aggregate)),
      loss_(format),
      weight_(format),
      outstanding_(cohort_.size()) {
  place_.reserve(cohort_.size());
  for (std::size_t i = 0; i < cohort_.size(); ++i) place_.emplace(cohort_[i], i);
}

Aggregation::Status* Aggregation::status_of(const TaskId& task) {
  if (task.version != version_ || task.attempt != 0) return nullptr;
  const auto found = place_.find(task.device);
  return found == place_.end() ? nullptr : &statuses_[found->second];
}

void Aggregation::close_task(Status& status, Status to) {
  status = to;
  --outstanding_;
  if (to == Status::folded) ++included_;
}

Aggregation::Answer Aggregation::offer(const UpdateMessage& update, const Decoding& decoding, std::string& problem) {
  Status* status = status_of(update.task);
  if (!status) return Answer::unknown_task;
  if (*status != Status::outstanding) return Answer::duplicate;
  try {
    const auto outcome = fold(update, decoding);
    if (outcome == AddOutcome::added) {
      close_task(*status, Status::folded);
      return Answer::folded;
    }
    problem = "update " + std::string(to_string(outcome));
  } catch (const FormatError& error) {
    problem = error.what();
  }
  close_task(*status, Status::refused);
  return Answer::refused;
}

AddOutcome Aggregation::fold(const UpdateMessage& update, const Decoding& decoding) {
  if (!std::isfinite(update.weight) || update.weight <= 0) throw FormatError("an update's weight must be above 0");
  if (!std::isfinite(update.loss)) throw FormatError("an update's loss is not finite");
  Contribution contribution{update.task, update.weight, {}, update.scalars};
  for (const auto& vector : update.vectors) {
    NamedVector decoded{vector.name, decoding.layout, FloatVector(decoding.layout->size())};
    const auto context = decoding.codec.decode(*vector.frame, *decoding.layout, decoded.values);
    if (!std::equal(context.base.begin(), context.base.begin() + 16, decoding.base.begin()))
      throw FormatError("an update is relative to another model than the one sent");
    contribution.vectors.push_back(std::move(decoded));
  }
  ExactScalar loss = loss_;
  ExactScalar weight = weight_;
  if (const auto outcome = loss.add(update.loss, update.weight); outcome != AddOutcome::added) return outcome;
  if (const auto outcome = weight.add(1, update.weight); outcome != AddOutcome::added) return outcome;
  const auto outcome = aggregate_->add(contribution);
  if (outcome != AddOutcome::added) return outcome;
  loss_ = loss;
  weight_ = weight;
  return outcome;
}

bool Aggregation::fail(const TaskId& task) {
  Status* status = status_of(task);
  if (!status || *status != Status::outstanding) return false;
  close_task(*status, Status::failed);
  return true;
}

std::vector<std::pair<TaskId, Outcome>> Aggregation::outcomes() const {
  constexpr Outcome kOutcomes[] = {Outcome::late, Outcome::included, Outcome::refused, Outcome::failed};
  std::vector<std::pair<TaskId, Outcome>> result;
  result.reserve(cohort_.size());
  for (std::size_t i = 0; i < cohort_.size(); ++i)
    result.emplace_back(TaskId{version_, cohort_[i], 0}, kOutcomes[static_cast<std::size_t>(statuses_[i])]);
  return result;
}

double Aggregation::mean_training_loss() const { return included_ == 0 ? 0 : loss_.value() / weight_.value(); }

}  // namespace brume::aggregator
