#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "brume/time.hpp"
#include "messages/messages.hpp"

namespace brume::aggregator {

/// When an aggregation ends: with so many updates included, when no device is outstanding any more, or at the deadline.
struct ClosingPolicy {
  std::uint64_t wanted = 0;
  Time deadline = kNever;
};

/// What an update is decoded with.
struct Decoding {
  const Codec& codec;
  LayoutPointer layout;
  Digest base{};  ///< of the model that the devices were sent; a frame's base must match its first half
};

/// One open aggregation: the tasks issued from one base version and what has come back. Each update is folded when it
/// arrives and then forgotten; what stays of it is a status in the table of tasks.
class Aggregation {
 public:
  enum class Status : std::uint8_t { outstanding, folded, refused, failed };
  enum class Answer : std::uint8_t { folded, duplicate, unknown_task, refused };

  Aggregation(Version version, Time opened, std::vector<DeviceIndex> cohort, ClosingPolicy policy,
              std::unique_ptr<Aggregate> aggregate, const ExactFormat& format);

  /// Folds an update, or says why not; `problem` receives the reason of a refusal.
  [[nodiscard]] Answer offer(const UpdateMessage& update, const Decoding& decoding, std::string& problem);
  /// Notes that a device gave up. Returns false for a task that is not outstanding.
  bool fail(const TaskId& task);

  bool complete() const { return included_ >= policy_.wanted || outstanding_ == 0; }
  bool overdue(Time now) const { return now >= policy_.deadline; }
  /// How each task would end if the aggregation closed now, in the order of the cohort.
  std::vector<std::pair<TaskId, Outcome>> outcomes() const;

  Version version() const { return version_; }
  Time opened() const { return opened_; }
  Time deadline() const { return policy_.deadline; }
  std::uint64_t cohort() const { return cohort_.size(); }
  std::uint64_t included() const { return included_; }
  const Aggregate& aggregate() const { return *aggregate_; }
  double mean_training_loss() const;

 private:
  Status* status_of(const TaskId& task);
  void close_task(Status& status, Status to);
  AddOutcome fold(const UpdateMessage& update, const Decoding& decoding);

  Version version_;
  Time opened_;
  std::vector<DeviceIndex> cohort_;
  std::vector<Status> statuses_;
  std::unordered_map<DeviceIndex, std::size_t> place_;
  ClosingPolicy policy_;
  std::unique_ptr<Aggregate> aggregate_;
  ExactScalar loss_;
  ExactScalar weight_;
  std::uint64_t included_ = 0;
  std::uint64_t outstanding_ = 0;
};

}  // namespace brume::aggregator
