#pragma once

#include <memory>

#include "brume/selection.hpp"

namespace brume::sim {

/// A selection policy whose rankings are computed once for all nodes of a simulation: every fog node walks the same
/// ranks of a version. Not thread-safe.
class SharedRanks final : public SelectionPolicy {
 public:
  explicit SharedRanks(std::shared_ptr<const SelectionPolicy> policy) : policy_(std::move(policy)) {}

  std::uint64_t cohort() const override { return policy_->cohort(); }
  double over_selection() const override { return policy_->over_selection(); }
  void set_cohort(std::uint64_t /*cohort*/) override {}  // the policy behind it is shared and stays as it is
  std::shared_ptr<const Ranking> ranking(std::uint64_t devices, Version version, std::uint64_t seed) const override;

 private:
  struct Known;
  std::shared_ptr<const SelectionPolicy> policy_;
  mutable std::shared_ptr<const Known> last_;
};

}  // namespace brume::sim
