#pragma once

#include "brume/selection.hpp"

namespace brume::algorithms {

/// Every available device is equally likely. A device's rank in a version is a keyed permutation of its index; the
/// cohort is the lowest ranks among the available.
class UniformSelection final : public SelectionPolicy {
 public:
  void declare(Options& options) override;
  std::uint64_t cohort() const override { return static_cast<std::uint64_t>(cohort_); }
  double over_selection() const override { return over_selection_; }
  void set_cohort(std::uint64_t cohort) override { cohort_ = static_cast<std::int64_t>(cohort); }
  std::shared_ptr<const Ranking> ranking(std::uint64_t devices, Version version, std::uint64_t seed) const override;

 private:
  std::int64_t cohort_ = 1;
  double over_selection_ = 1.0;
};

}  // namespace brume::algorithms
