#pragma once

#include <cstdint>
#include <vector>

#include "brume/aggregate.hpp"

namespace brume::fog_node {

/// What lossy parts left out of their sums, for the next one: error feedback (Seide et al. 2014). It is kept in the
/// terms of exact sums with the weight of the part that left it, as a step divides sums by weights: in a part of
/// another weight the same mean is missing. What a part took, in its own terms, + its sum = what its frame carries +
/// what it leaves, to the bit; between parts of another weight or grid terms are rounded once.
class LeftOut {
 public:
  LeftOut() = default;
  /// What `sent` lacks of `wanted`, which has a weight above 0.
  LeftOut(const WeightedSums& wanted, const WeightedSums& sent, const std::vector<VectorSpec>& vectors);

  bool empty() const { return terms_.empty(); }
  /// Into the sums of the next part, all of it or nothing. Throws FormatError where that goes out of range, as add()
  /// does.
  void carry_into(WeightedSums& sums, const std::vector<VectorSpec>& vectors) const;
  void add(const LeftOut& other);

  template <class Archive>
  void describe(Archive& archive) {
    archive(exponent_, weight_, terms_);
  }

 private:
  using Terms = std::vector<std::vector<std::int64_t>>;  // of each vector, in the algorithm's order
  Terms for_part(int exponent, double weight) const;
  void add(const Terms& more);

  int exponent_ = 0;  // of the grid: a term is its value · 2^exponent
  double weight_ = 1;
  Terms terms_;
};

}  // namespace brume::fog_node
