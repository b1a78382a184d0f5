#pragma once

#include <cstdint>

#include "brume/task.hpp"

namespace brume {

/// What a closing policy sees of the federation, over the whole tree.
struct Standing {
  Version version = 0;            ///< of the model that a step would change
  std::uint64_t asked = 0;        ///< tasks issued from that version
  std::uint64_t folded = 0;       ///< updates folded somewhere in the tree that no step has taken in yet
  std::uint64_t outstanding = 0;  ///< tasks, of any version, that have neither been folded nor have failed
};

/// When the server takes in what has been folded, and how many devices it asks. A pure function of what it sees.
/// The deadline of a round is kept by the host, beside the policy.
class ClosingPolicy {
 public:
  virtual ~ClosingPolicy() = default;
  /// Whether to take in what has been folded and to step. Asked after every change; a version whose tasks are all
  /// answered is always due.
  virtual bool due(const Standing& standing) const = 0;
  /// Whether tasks that are outstanding at a step stay so, to be taken in by a later one; if not, they are late.
  virtual bool keeps_outstanding() const { return false; }
  /// How many devices to ask for when a version opens.
  virtual std::uint64_t devices_asked(const Standing& standing) const = 0;
};

/// Rounds: the server asks for some devices and steps with the first `cohort` updates.
class Rounds final : public ClosingPolicy {
 public:
  Rounds(std::uint64_t cohort, std::uint64_t asked) : cohort_(cohort), asked_(asked) {}
  bool due(const Standing& standing) const override { return standing.folded >= cohort_; }
  std::uint64_t devices_asked(const Standing& /*standing*/) const override { return asked_; }

 private:
  std::uint64_t cohort_;
  std::uint64_t asked_;
};

}  // namespace brume
