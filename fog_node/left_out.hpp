#pragma once

#include <cstdint>
#include <vector>

#include "brume/aggregate.hpp"

namespace brume::fog_node {

/// What lossy parts left out of their sums, for the next one: error feedback (Seide et al. 2014) in the terms of exact
/// sums, so that what was left before + a part's sum = what its frame carries + what it leaves, to the bit.
class LeftOut {
 public:
  LeftOut() = default;
  /// What `sent` lacks of `wanted`.
  LeftOut(const WeightedSums& wanted, const WeightedSums& sent, const std::vector<VectorSpec>& vectors);

  bool empty() const { return terms_.empty(); }
  /// Into the sums of the next part. Throws FormatError where that goes out of range, as add() does.
  void carry_into(WeightedSums& sums, const std::vector<VectorSpec>& vectors) const;
  void add(const LeftOut& other);

  template <class Archive>
  void describe(Archive& archive) {
    archive(exponent_, terms_);
  }

 private:
  using Terms = std::vector<std::vector<std::int64_t>>;  // of each vector, in the algorithm's order
  Terms on_grid(int exponent) const;
  void add(const Terms& more);

  int exponent_ = 0;  // of the grid: a term is its value · 2^exponent
  Terms terms_;
};

}  // namespace brume::fog_node
