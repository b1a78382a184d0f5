#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/forwarding.hpp"
#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "messages/messages.hpp"

namespace brume::aggregator {

/// One open aggregation of a node: the tasks issued below it from one base version, and what has come back. Each update
/// is folded when it arrives and then forgotten; what stays of it is a receipt.
class Aggregation {
 public:
  /// What folding works with; shared by all aggregations of a node.
  struct Parts {
    std::shared_ptr<const Algorithm> algorithm;
    std::shared_ptr<const Codec> uplink;
    std::shared_ptr<const Codec> fog_uplink;  ///< null: exact
    LayoutPointer layout;                     ///< of the model
    bool forwards = false;  ///< keeps updates as they came, for as long as they are shorter than their sum
  };
  enum class Answer : std::uint8_t { folded, duplicate, unknown_task, refused };

  /// What has been taken out of an aggregation, to go upwards or into a step.
  struct Taken {
    std::unique_ptr<Aggregate> aggregate;  ///< null if nothing was folded
    std::vector<Receipt> receipts;         ///< of the tasks that were answered, by device
    std::uint64_t folded = 0;              ///< receipts with that status
    std::string problem;                   ///< why the first refused or failed task was, or ""
    Frame forwarded;                       ///< the folded updates as they came; null if they were not all kept
  };

  /// `base` is the digest of the model as the devices decode it; `children` has, for each device, the fog node below
  /// which it is, or is empty where devices are the children.
  Aggregation(const TaskSet& asked, const Digest& base, std::shared_ptr<const Parts> parts,
              const std::vector<std::uint32_t>& children = {});

  /// Folds an update, or says why not. A refusal is the task's answer.
  [[nodiscard]] Answer offer(const UpdateMessage& update);
  /// Merges what the fog node `child` has folded. All its receipts must be of tasks below it that are outstanding;
  /// a part that cannot be merged leaves its tasks refused.
  [[nodiscard]] Answer offer(const PartialMessage& partial, std::uint32_t child);
  /// Notes another answer. Returns false for a task that is not outstanding.
  bool answer(const TaskId& task, Status status, const std::string& problem);

  /// Takes out what has been answered since the last time. With `last`, outstanding tasks go with it as late.
  Taken take(bool last);

  std::uint64_t folded() const { return folded_; }  ///< since the last take
  std::uint64_t outstanding() const { return outstanding_; }
  bool outstanding(DeviceIndex device) const;
  bool outstanding(const TaskId& task) const;
  const std::vector<Receipt>& receipts() const { return receipts_; }
  const std::string& problem() const { return problem_; }
  /// The grid of the version's sums.
  ExactFormat format() const { return ExactFormat::for_contributions(most_contributions_); }

  template <class Archive>
  void describe(Archive& archive);

 private:
  const Receipt* find(const TaskId& task) const;
  Receipt* find(const TaskId& task);
  void close_task(Receipt& receipt, Status to, const std::string& problem);
  void check(const UpdateMessage& update) const;
  Contribution decode(const UpdateMessage& update) const;
  Aggregate& sums();
  std::size_t most_forwarded() const;
  std::unique_ptr<Aggregate> add_up(const std::vector<Forwarding::One>& updates,
                                    const std::vector<const Receipt*>& receipts) const;
  void merge(const PartialMessage& partial);
  std::vector<Receipt*> tasks_of(const PartialMessage& partial, std::uint32_t child);
  std::unique_ptr<Aggregate> empty() const { return parts_->algorithm->aggregate(parts_->layout, format()); }

  Version version_;
  std::uint32_t attempt_;
  std::uint64_t most_contributions_;
  Digest base_;
  std::shared_ptr<const Parts> parts_;
  std::vector<VectorSpec> vectors_;
  std::unique_ptr<Aggregate> aggregate_;  // null until something is folded
  std::vector<Receipt> receipts_;         // by device
  std::uint64_t folded_ = 0;
  std::uint64_t outstanding_ = 0;
  std::string problem_;
  Forwarding forwarding_;
};

}  // namespace brume::aggregator
