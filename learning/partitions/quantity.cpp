#include <algorithm>
#include <cmath>
#include <numeric>

#include "learning/partitions/partitions.hpp"

namespace brume::learning {

namespace {

// Whole numbers in proportion to `shares`, each at least one, that add up to `total`: the largest remainders are
// rounded up.
std::vector<std::uint64_t> apportion(const std::vector<double>& shares, std::uint64_t total) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  const double spare = static_cast<double>(total - shares.size());  // one each is given
  std::vector<std::uint64_t> counts;
  std::vector<std::pair<double, std::size_t>> remainders;
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = spare * shares[i] / sum;
    counts.push_back(1 + static_cast<std::uint64_t>(exact));
    given += counts.back();
    remainders.emplace_back(std::floor(exact) - exact, i);  // the largest first
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; given < total; ++i, ++given) ++counts[remainders[i % remainders.size()].second];
  return counts;
}

}  // namespace

void QuantityPartition::declare(Options& options) {
  options.word({"law", "of the number of rows: log_normal, or zipf, by rank"}, law_, {"log_normal", "zipf"});
  options.number({"deviation", "of the logarithm, for log_normal"}, deviation_, Range::between(0, 10));
  options.number({"exponent", "for zipf: the r-th largest device has 1 / r^exponent as much as the largest"}, exponent_,
                 Range::between(0, 10));
}

Assignment QuantityPartition::deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const {
  auto assignment = IidPartition().deal(data, devices, seed);
  std::vector<double> shares;
  for (std::uint64_t device = 0; device < devices; ++device) {
    Stream stream(seed, Purpose::partition, device, 1);
    shares.push_back(law_ == "zipf" ? std::pow(static_cast<double>(device + 1), -exponent_)
                                    : std::exp(deviation_ * stream.normal()));
  }
  if (law_ == "zipf") Stream(seed, Purpose::partition, 0, 2).shuffle(std::span(shares));
  const auto counts = apportion(shares, assignment.rows.size());
  assignment.offsets.assign(1, 0);
  for (const auto count : counts) assignment.offsets.push_back(assignment.offsets.back() + count);
  return assignment;
}

}  // namespace brume::learning
