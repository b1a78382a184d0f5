#include "aggregator/aggregation.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"

namespace brume::aggregator {

namespace {

// Losses are reported, nothing depends on them: a coarse grid with room for weight · loss up to 2^36.
constexpr int kLossMagnitudeBits = 36;

ExactScalar loss_scalar(std::uint64_t contributions) {
  return ExactScalar(ExactFormat::for_contributions(contributions, kLossMagnitudeBits));
}

}  // namespace

Aggregation::Aggregation(Version version, Time opened, std::vector<DeviceIndex> cohort, ClosingPolicy policy,
                         SentModel sent, Parts parts)
    : version_(version),
      opened_(opened),
      cohort_(std::move(cohort)),
      tasks_(cohort_.size()),
      policy_(policy),
      sent_(std::move(sent)),
      parts_(std::move(parts)),
      loss_(loss_scalar(parts_.most_contributions)),
      loss_weight_(loss_scalar(parts_.most_contributions)),
      outstanding_(cohort_.size()) {
  place_.reserve(cohort_.size());
  for (std::size_t i = 0; i < cohort_.size(); ++i) place_.emplace(cohort_[i], i);
}

const Aggregation::Task* Aggregation::find(const TaskId& task) const {
  if (task.version != version_ || task.attempt != 0) return nullptr;
  const auto found = place_.find(task.device);
  return found == place_.end() ? nullptr : &tasks_[found->second];
}

Aggregation::Task* Aggregation::find(const TaskId& task) {
  return const_cast<Task*>(static_cast<const Aggregation*>(this)->find(task));
}

void Aggregation::close_task(Task& task, Status to, const std::string& problem) {
  task.status = to;
  --outstanding_;
  if (to == Status::folded) ++included_;
  if (first_problem_.empty()) first_problem_ = problem;
}

Aggregation::Answer Aggregation::offer(const UpdateMessage& update) {
  Task* task = find(update.task);
  if (!task) return Answer::unknown_task;
  if (task->status == Status::folded) return Answer::duplicate;
  if (task->status != Status::outstanding) return Answer::refused;
  std::string problem;
  try {
    check(update);
    const auto outcome = parts_.aggregate->add(decode(update));
    if (outcome == AddOutcome::added) {
      add_loss(update);
      close_task(*task, Status::folded, "");
      return Answer::folded;
    }
    problem = "update " + std::string(to_string(outcome));
  } catch (const FormatError& error) {
    problem = error.what();
  }
  close_task(*task, Status::refused, problem);
  return Answer::refused;
}

// All that can be judged without decoding: nothing is allocated for an update that is not what was asked for.
void Aggregation::check(const UpdateMessage& update) const {
  if (!std::isfinite(update.weight) || update.weight <= 0) throw FormatError("an update's weight must be above 0");
  if (!std::isfinite(update.loss)) throw FormatError("an update's loss is not finite");
  if (update.vectors.size() != parts_.vectors.size())
    throw FormatError("an update has " + std::to_string(update.vectors.size()) + " vectors, " +
                      std::to_string(parts_.vectors.size()) + " were asked for");
  for (std::size_t i = 0; i < parts_.vectors.size(); ++i)
    if (update.vectors[i].name != parts_.vectors[i].name)
      throw FormatError("an update has a vector '" + update.vectors[i].name + "' in place of '" +
                        parts_.vectors[i].name + "'");
}

Contribution Aggregation::decode(const UpdateMessage& update) const {
  Contribution contribution{update.task, update.weight, {}, update.scalars};
  for (std::size_t i = 0; i < parts_.vectors.size(); ++i) {
    const auto& layout = parts_.vectors[i].layout;
    NamedVector decoded{parts_.vectors[i].name, layout, FloatVector(layout->size())};
    const auto context = parts_.codec->decode(*update.vectors[i].frame, *layout, decoded.values);
    if (!std::equal(context.base.begin(), context.base.begin() + kFrameHashBytes, sent_.digest.begin()))
      throw FormatError("an update is relative to another model than the one sent");
    contribution.vectors.push_back(std::move(decoded));
  }
  return contribution;
}

// A loss that does not fit the grid is left out of the mean; the update counts all the same.
void Aggregation::add_loss(const UpdateMessage& update) {
  if (loss_.add(update.loss, update.weight) == AddOutcome::added) (void)loss_weight_.add(1, update.weight);
}

bool Aggregation::fail(const TaskId& task, const std::string& reason) {
  Task* found = find(task);
  if (!found || found->status != Status::outstanding) return false;
  close_task(*found, Status::failed, reason);
  return true;
}

void Aggregation::set_record(const TaskId& task, Token record) { find(task)->record = record; }

std::optional<Token> Aggregation::record(const TaskId& task) const {
  const Task* found = find(task);
  return found && found->record != 0 ? std::optional(found->record) : std::nullopt;
}

bool Aggregation::outstanding(DeviceIndex device) const {
  const Task* found = find({version_, device, 0});
  return found && found->status == Status::outstanding;
}

std::vector<std::pair<TaskId, Outcome>> Aggregation::outcomes() const {
  constexpr Outcome kOutcomes[] = {Outcome::late, Outcome::included, Outcome::refused, Outcome::failed};
  std::vector<std::pair<TaskId, Outcome>> result;
  result.reserve(cohort_.size());
  for (std::size_t i = 0; i < cohort_.size(); ++i)
    result.emplace_back(TaskId{version_, cohort_[i], 0}, kOutcomes[static_cast<std::size_t>(tasks_[i].status)]);
  return result;
}

double Aggregation::mean_training_loss() const {
  return loss_weight_.value() > 0 ? loss_.value() / loss_weight_.value() : 0;
}

}  // namespace brume::aggregator
