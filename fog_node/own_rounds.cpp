#include "fog_node/own_rounds.hpp"

#include <algorithm>

#include "aggregator/guarded_step.hpp"

#include "messages/describe.hpp"

namespace brume::fog_node {

namespace {

bool by_task(const Receipt& a, const Receipt& b) {
  return std::pair(a.device, a.attempt) < std::pair(b.device, b.attempt);
}

// A device's receipt for the version: of its last round that was folded, or else of its last. Upwards there are no
// rounds.
std::vector<Receipt> one_for_each_device(const std::vector<Receipt>& tasks) {
  std::vector<Receipt> receipts;
  for (const auto& task : tasks) {
    const bool first = receipts.empty() || receipts.back().device != task.device;
    if (first) receipts.emplace_back();
    if (first || task.status == Status::folded || receipts.back().status != Status::folded) receipts.back() = task;
    receipts.back().attempt = 0;
  }
  return receipts;
}

double weight_of(const std::vector<Receipt>& receipts) {
  double weight = 0;
  for (const auto& receipt : receipts)
    if (receipt.status == Status::folded) weight += receipt.weight;
  return weight;
}

void refuse(aggregator::Subtree::Taken& taken, const std::string& problem) {
  taken.problem = problem;
  for (auto* receipts : {&taken.receipts, &taken.owed})
    for (auto& receipt : *receipts)
      if (receipt.status == Status::folded) receipt.status = Status::refused;
}

}  // namespace

void OwnRounds::end_round(const StepInput& input, aggregator::Subtree::Taken taken) {
  ++done_;
  if (taken.folded > 0) {
    const TakenAggregate only{input.version, taken.aggregate.get()};
    StepInput step = input;
    step.taken = std::span(&only, 1);
    aggregator::Stepped own{model_, state_};
    const auto problem = aggregator::step_or_explain(
        *algorithm_, own, [&](aggregator::Stepped& of) { algorithm_->fog_step(step, of.model, of.state); });
    if (problem.empty()) {
      model_ = std::move(own.model);
      state_ = std::move(own.state);
      weight_ = weight_of(taken.receipts);
    } else {
      refuse(taken, problem);
    }
  }
  tasks_.insert(tasks_.end(), taken.owed.begin(), taken.owed.end());
  if (problem_.empty()) problem_ = std::move(taken.problem);
}

aggregator::Subtree::Taken OwnRounds::result(Version version, NodeId self, const ExactFormat& format) {
  std::sort(tasks_.begin(), tasks_.end(), by_task);
  aggregator::Subtree::Taken taken;
  taken.receipts = one_for_each_device(tasks_);
  taken.owed = std::move(tasks_);
  taken.problem = std::move(problem_);
  taken.aggregate = algorithm_->aggregate(received_->layout_pointer(), format);
  if (weight_ > 0) {
    NamedVector delta{std::string(kDelta), received_->layout_pointer(), FloatVector(model_.values().size())};
    for (std::size_t i = 0; i < delta.values.size(); ++i) delta.values[i] = model_.values()[i] - received_->values()[i];
    const auto folded = std::count_if(taken.receipts.begin(), taken.receipts.end(),
                                      [](const Receipt& receipt) { return receipt.status == Status::folded; });
    const auto outcome = taken.aggregate->add(
        {{version, self.index, 0}, weight_, {std::move(delta)}, {}, static_cast<std::uint64_t>(folded)});
    if (outcome != AddOutcome::added) refuse(taken, "a fog node's own model is " + std::string(to_string(outcome)));
  }
  for (const auto& receipt : taken.receipts)
    if (receipt.status == Status::folded) ++taken.folded;
  return taken;
}

template <class Archive>
void OwnRounds::describe(Archive& archive) {
  archive(model_, state_, done_, weight_, tasks_, problem_);
}
template void OwnRounds::describe(ArchiveWriter& archive);
template void OwnRounds::describe(ArchiveReader& archive);

}  // namespace brume::fog_node
