#include "learning/partitions/apportion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace brume::learning {

std::vector<std::uint64_t> apportion(const std::vector<double>& shares, std::uint64_t total) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<std::uint64_t> counts;
  std::vector<std::pair<double, std::size_t>> remainders;
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = static_cast<double>(total) * shares[i] / sum;
    counts.push_back(static_cast<std::uint64_t>(exact));
    given += counts.back();
    remainders.emplace_back(std::floor(exact) - exact, i);  // the largest first
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; given < total; ++i, ++given) ++counts[remainders[i % remainders.size()].second];
  return counts;
}

}  // namespace brume::learning
