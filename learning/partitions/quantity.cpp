#include <cmath>

#include "learning/partitions/apportion.hpp"
#include "learning/partitions/partitions.hpp"

namespace brume::learning {

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
  const auto counts = apportion(shares, assignment.rows.size() - devices);  // one each is given
  assignment.offsets.assign(1, 0);
  for (const auto count : counts) assignment.offsets.push_back(assignment.offsets.back() + 1 + count);
  return assignment;
}

}  // namespace brume::learning
