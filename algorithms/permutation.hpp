#pragma once

#include <array>
#include <cstdint>

namespace brume::algorithms {

/// A keyed permutation of 0 … size − 1 that is computed point by point, without a table: a Feistel network (Luby and
/// Rackoff 1988) over the smallest even number of bits that holds `size`, walked along its cycle until the value is in
/// range (Black and Rogaway 2002, cycle-walking). On average fewer than 4 evaluations a point.
class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t version);
  std::uint64_t operator()(std::uint64_t rank) const;

 private:
  static constexpr int kRounds = 6;
  std::uint64_t encrypt(std::uint64_t value) const;
  std::uint64_t size_;
  int half_bits_;
  std::array<std::uint64_t, kRounds> keys_{};
};

}  // namespace brume::algorithms
