#include "aggregator/aggregation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "brume/error.hpp"
#include "core/local_training.hpp"
#include "messages/describe.hpp"

namespace brume::aggregator {

namespace {

constexpr std::size_t kMostHead = 1 << 16;
constexpr std::size_t kMostProblem = 200;  // of a text that a child sends
constexpr double kMostLoss = std::numeric_limits<float>::max();

std::uint32_t whole_milliseconds(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

}  // namespace

Aggregation::Aggregation(const TaskSet& asked, const Digest& base, std::shared_ptr<const Parts> parts,
                         const std::vector<std::uint32_t>& children)
    : version_(asked.version),
      attempt_(asked.attempt),
      most_contributions_(asked.most_contributions),
      base_(base),
      parts_(std::move(parts)),
      vectors_(parts_->algorithm->vectors(parts_->layout)),
      receipts_(asked.devices.size()),
      outstanding_(asked.devices.size()),
      forwarding_(most_forwarded()) {
  for (std::size_t i = 0; i < receipts_.size(); ++i) {
    receipts_[i].device = asked.devices[i];
    receipts_[i].attempt = static_cast<std::uint16_t>(attempt_);
    if (!children.empty()) receipts_[i].child = children[i];
  }
}

const Receipt* Aggregation::find(const TaskId& task) const {
  if (task.version != version_ || task.attempt != attempt_) return nullptr;
  const auto place =
      std::lower_bound(receipts_.begin(), receipts_.end(), task.device,
                       [](const Receipt& receipt, DeviceIndex device) { return receipt.device < device; });
  return place == receipts_.end() || place->device != task.device ? nullptr : &*place;
}

Receipt* Aggregation::find(const TaskId& task) {
  return const_cast<Receipt*>(static_cast<const Aggregation*>(this)->find(task));
}

bool Aggregation::outstanding(const TaskId& task) const {
  const auto* receipt = find(task);
  return receipt && receipt->status == Status::outstanding;
}

bool Aggregation::outstanding(DeviceIndex device) const { return outstanding(TaskId{version_, device, attempt_}); }

void Aggregation::close_task(Receipt& receipt, Status to, const std::string& problem) {
  receipt.status = to;
  --outstanding_;
  if (to == Status::folded) ++folded_;
  if (problem_.empty()) problem_ = problem.substr(0, kMostProblem);
}

// A sum takes about eight bytes an element at most, and its head.
std::size_t Aggregation::most_forwarded() const {
  std::size_t elements = 0;
  if (parts_->forwards)
    for (const auto& spec : vectors_) elements += spec.layout->size();
  return 8 * elements + kMostHead;
}

// Made when something is folded: a version that waits costs its books alone.
Aggregate& Aggregation::sums() {
  if (!aggregate_) aggregate_ = empty();
  return *aggregate_;
}

Aggregation::Answer Aggregation::offer(const UpdateMessage& update) {
  auto* receipt = find(update.task);
  if (!receipt) return Answer::unknown_task;
  if (receipt->status == Status::folded) return Answer::duplicate;
  if (receipt->status != Status::outstanding) return Answer::unknown_task;
  std::string problem;
  try {
    check(update);
    const auto outcome = sums().add(decode(update));
    if (outcome == AddOutcome::added) {
      receipt->weight = update.weight;
      receipt->loss = static_cast<float>(std::clamp<double>(update.loss, -kMostLoss, kMostLoss));
      receipt->milliseconds = whole_milliseconds(update.duration);
      close_task(*receipt, Status::folded, "");
      if (parts_->forwards) forwarding_.add(update.task.device, {update.vectors, update.scalars});
      return Answer::folded;
    }
    problem = "update " + std::string(to_string(outcome));
  } catch (const FormatError& error) {
    problem = error.what();
  } catch (...) {  // an aggregate's own
    problem = failure_of(*parts_->algorithm);
  }
  close_task(*receipt, Status::refused, problem);
  return Answer::refused;
}

// All that can be judged without decoding: nothing is allocated for an update that is not what was asked for.
void Aggregation::check(const UpdateMessage& update) const {
  if (!std::isfinite(update.weight) || update.weight <= 0) throw FormatError("an update's weight must be above 0");
  if (!std::isfinite(update.loss)) throw FormatError("an update's loss is not finite");
  if (update.vectors.size() != vectors_.size())
    throw FormatError("an update has " + std::to_string(update.vectors.size()) + " vectors, " +
                      std::to_string(vectors_.size()) + " were asked for");
  for (std::size_t i = 0; i < vectors_.size(); ++i)
    if (!update.vectors[i].frame) throw FormatError("an update lacks the frame of '" + vectors_[i].name + "'");
  const auto scalars = parts_->algorithm->scalars();
  bool same = update.scalars.size() == scalars.size();
  for (std::size_t i = 0; same && i < scalars.size(); ++i) same = update.scalars[i].name == scalars[i];
  if (!same) throw FormatError("an update has other scalars than were asked for");
  for (std::size_t i = 0; i < vectors_.size(); ++i)
    if (update.vectors[i].name != vectors_[i].name)
      throw FormatError("an update has a vector '" + update.vectors[i].name + "' in place of '" + vectors_[i].name +
                        "'");
}

Contribution Aggregation::decode(const UpdateMessage& update) const {
  Contribution contribution{update.task, update.weight, {}, update.scalars};
  for (std::size_t i = 0; i < vectors_.size(); ++i) {
    const auto& layout = vectors_[i].layout;
    NamedVector decoded{vectors_[i].name, layout, FloatVector(layout->size())};
    const auto context = parts_->uplink->decode(*update.vectors[i].frame, *layout, decoded.values);
    if (!std::equal(context.base.begin(), context.base.begin() + kFrameHashBytes, base_.begin()))
      throw FormatError("an update is relative to another model than the one sent");
    contribution.vectors.push_back(std::move(decoded));
  }
  return contribution;
}

// The books' entries for a part's receipts, or nothing if one of them is not its sender's to answer, or not any more.
std::vector<Receipt*> Aggregation::tasks_of(const PartialMessage& partial, std::uint32_t child) {
  std::vector<Receipt*> tasks;
  tasks.reserve(partial.receipts.size());
  for (const auto& receipt : partial.receipts) {
    auto* mine = find({version_, receipt.device, attempt_});
    const bool fits = mine && mine->child == child && mine->status == Status::outstanding &&
                      receipt.status != Status::outstanding && (tasks.empty() || tasks.back() < mine) &&
                      std::isfinite(receipt.weight) && std::isfinite(receipt.loss);
    if (!fits) return {};
    tasks.push_back(mine);
  }
  return tasks;
}

void Aggregation::merge(const PartialMessage& partial) {
  std::vector<const Receipt*> folded;
  std::vector<TaskId> tasks;
  for (const auto& receipt : partial.receipts) {
    if (receipt.status != Status::folded) continue;
    folded.push_back(&receipt);
    tasks.push_back(receipt.task(version_));
  }
  if (!partial.aggregate) {
    if (!folded.empty()) throw FormatError("a part lacks the sum of its updates");
    return;
  }
  const bool forwarded = is_forwarded(*partial.aggregate);
  std::vector<Forwarding::One> updates;
  if (forwarded) updates = read_forwarded(*partial.aggregate, folded.size(), vectors_, parts_->algorithm->scalars());
  auto sum = forwarded ? add_up(updates, folded) : empty();
  if (!forwarded) sum->decode(*partial.aggregate, parts_->fog_uplink.get());
  if (!sum->consists_of(tasks)) throw FormatError("a part sums other updates than it has receipts for");
  if (const auto outcome = sums().merge(*sum); outcome != AddOutcome::added)
    throw FormatError("a part " + std::string(to_string(outcome)));
  if (!forwarded) return forwarding_.give_up();
  for (std::size_t i = 0; parts_->forwards && i < updates.size(); ++i)
    forwarding_.add(folded[i]->device, std::move(updates[i]));
}

// Of updates that came in the place of their sum, each as if its device had sent it here.
std::unique_ptr<Aggregate> Aggregation::add_up(const std::vector<Forwarding::One>& updates,
                                               const std::vector<const Receipt*>& receipts) const {
  auto sum = empty();
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const auto& receipt = *receipts[i];
    const UpdateMessage update{{version_, receipt.device, attempt_},
                               updates[i].vectors,
                               updates[i].scalars,
                               receipt.weight,
                               static_cast<double>(receipt.loss)};
    check(update);
    if (const auto outcome = sum->add(decode(update)); outcome != AddOutcome::added)
      throw FormatError("an update in a part is " + std::string(to_string(outcome)));
  }
  return sum;
}

Aggregation::Answer Aggregation::offer(const PartialMessage& partial, std::uint32_t child) {
  const auto tasks = tasks_of(partial, child);
  if (tasks.size() != partial.receipts.size()) return Answer::unknown_task;
  std::string problem = partial.problem;
  bool merged = true;
  try {
    merge(partial);
  } catch (const FormatError& error) {
    merged = false;
    problem = error.what();
  } catch (...) {  // an aggregate's own
    merged = false;
    problem = failure_of(*parts_->algorithm);
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto& receipt = partial.receipts[i];
    const bool spoilt = !merged && receipt.status == Status::folded;
    tasks[i]->weight = receipt.weight;
    tasks[i]->loss = receipt.loss;
    tasks[i]->milliseconds = receipt.milliseconds;
    close_task(*tasks[i], spoilt ? Status::refused : receipt.status, problem);
  }
  return merged ? Answer::folded : Answer::refused;
}

bool Aggregation::answer(const TaskId& task, Status status, const std::string& problem) {
  auto* receipt = find(task);
  if (!receipt || receipt->status != Status::outstanding) return false;
  close_task(*receipt, status, problem);
  return true;
}

Aggregation::Taken Aggregation::take(bool last) {
  Taken taken;
  taken.aggregate = std::move(aggregate_);
  taken.folded = std::exchange(folded_, 0);
  if (taken.folded == 0) taken.aggregate.reset();  // made for an update that was refused
  taken.forwarded = std::exchange(forwarding_, Forwarding(most_forwarded())).encode();
  taken.problem = std::exchange(problem_, "");
  std::vector<Receipt> left;
  for (auto& receipt : receipts_) {
    if (last && receipt.status == Status::outstanding) close_task(receipt, Status::late, "");
    (receipt.status == Status::outstanding ? left : taken.receipts).push_back(receipt);
  }
  receipts_ = std::move(left);
  return taken;
}

template <class Archive>
void Aggregation::describe(Archive& archive) {
  archive(receipts_, folded_, outstanding_, problem_, forwarding_);
  Frame frame;
  if constexpr (!Archive::kReading)
    if (aggregate_) frame = aggregate_->encode(nullptr, Stream(0, Purpose::uplink));
  archive(frame);
  if constexpr (Archive::kReading)
    if (frame) sums().decode(*frame, nullptr);
}
template void Aggregation::describe(ArchiveWriter& archive);
template void Aggregation::describe(ArchiveReader& archive);

}  // namespace brume::aggregator
