#include "algorithms/permutation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace brume::algorithms {
namespace {

TEST(Permutation, IsOneForEverySize) {
  for (const std::uint64_t size : {1U, 2U, 3U, 4U, 5U, 16U, 17U, 100U, 1023U, 1025U, 4097U}) {
    std::vector<bool> seen(size);
    const Permutation permutation(size, 7, 3);
    for (std::uint64_t rank = 0; rank < size; ++rank) {
      const auto device = permutation(rank);
      ASSERT_LT(device, size);
      ASSERT_FALSE(seen[device]);
      seen[device] = true;
    }
  }
}

// Over many versions each device has the first rank about equally often.
TEST(Permutation, IsUniformOverVersions) {
  constexpr std::uint64_t kSize = 20;
  constexpr int kVersions = 20'000;
  std::vector<int> first(kSize);
  for (int version = 0; version < kVersions; ++version)
    ++first[Permutation(kSize, 1, static_cast<std::uint64_t>(version))(0)];
  double chi_square = 0;
  for (const int count : first) chi_square += std::pow(count - 1000.0, 2) / 1000.0;
  EXPECT_LT(chi_square, 43.8);  // 19 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace brume::algorithms
