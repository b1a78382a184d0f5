#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "brume/time.hpp"
#include "messages/events.hpp"

namespace brume::aggregator {

/// When an aggregation ends: with so many updates included, when no device is outstanding any more, or at the deadline.
struct ClosingPolicy {
  std::uint64_t wanted = 0;
  Time deadline = kNever;
};

/// The model as the devices of a version were sent it.
struct SentModel {
  Frame frame;
  Digest digest{};  ///< of what they decode; an update's base must match its first bytes
};

/// One open aggregation: the tasks issued from one base version and what has come back. Each update is folded when it
/// arrives and then forgotten; what stays of it is a line in the table of tasks.
class Aggregation {
 public:
  /// What folding works with.
  struct Parts {
    std::shared_ptr<const Codec> codec;
    std::vector<VectorSpec> vectors;  ///< what each update must hold
    std::unique_ptr<Aggregate> aggregate;
    std::uint64_t most_contributions = 1;
  };
  enum class Answer : std::uint8_t { folded, duplicate, unknown_task, refused };

  Aggregation(Version version, Time opened, std::vector<DeviceIndex> cohort, ClosingPolicy policy, SentModel sent,
              Parts parts);

  /// Folds an update, or says why not. The first refusal's reason is kept for the report.
  [[nodiscard]] Answer offer(const UpdateMessage& update);
  /// Notes that a device gave up. Returns false for a task that is not outstanding.
  bool fail(const TaskId& task, const std::string& reason);

  /// The record that keeps the promise made for a folded update.
  void set_record(const TaskId& task, Token record);
  std::optional<Token> record(const TaskId& task) const;

  bool outstanding(DeviceIndex device) const;
  bool complete() const { return included_ >= policy_.wanted || outstanding_ == 0; }
  bool overdue(Time now) const { return now >= policy_.deadline; }
  /// How each task would end if the aggregation closed now, in the order of the cohort.
  std::vector<std::pair<TaskId, Outcome>> outcomes() const;

  Version version() const { return version_; }
  Time opened() const { return opened_; }
  Time deadline() const { return policy_.deadline; }
  const SentModel& sent() const { return sent_; }
  std::uint64_t cohort() const { return cohort_.size(); }
  std::uint64_t included() const { return included_; }
  const Aggregate& aggregate() const { return *parts_.aggregate; }
  double mean_training_loss() const;
  const std::string& first_problem() const { return first_problem_; }

 private:
  enum class Status : std::uint8_t { outstanding, folded, refused, failed };
  struct Task {
    Status status = Status::outstanding;
    Token record = 0;
  };
  const Task* find(const TaskId& task) const;
  Task* find(const TaskId& task);
  void close_task(Task& task, Status to, const std::string& problem);
  void check(const UpdateMessage& update) const;
  Contribution decode(const UpdateMessage& update) const;
  void add_loss(const UpdateMessage& update);

  Version version_;
  Time opened_;
  std::vector<DeviceIndex> cohort_;
  std::vector<Task> tasks_;
  std::unordered_map<DeviceIndex, std::size_t> place_;
  ClosingPolicy policy_;
  SentModel sent_;
  Parts parts_;
  ExactScalar loss_;
  ExactScalar loss_weight_;
  std::uint64_t included_ = 0;
  std::uint64_t outstanding_ = 0;
  std::string first_problem_;
};

}  // namespace brume::aggregator
