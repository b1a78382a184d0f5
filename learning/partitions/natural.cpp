#include <fmt/format.h>

#include <algorithm>

#include "brume/error.hpp"
#include "learning/partitions/partitions.hpp"

namespace brume::learning {

Assignment NaturalPartition::deal(const PooledData& data, std::uint64_t devices, std::uint64_t /*seed*/) const {
  const auto owners = data.natural_devices();
  if (owners.empty()) throw RequestError("the data set has no devices of its own; for a CSV file set data.device");
  const std::uint64_t natural = std::uint64_t{*std::max_element(owners.begin(), owners.end())} + 1;
  if (devices > natural)
    throw RequestError(
        fmt::format("the data set has {} devices of its own, the topology asks for {}", natural, devices));
  std::vector<std::vector<std::uint32_t>> rows(natural);
  for (std::uint32_t row = 0; row < owners.size(); ++row) rows[owners[row]].push_back(row);
  Assignment assignment;
  for (std::uint64_t device = 0; device < devices; ++device) {
    assignment.rows.insert(assignment.rows.end(), rows[device].begin(), rows[device].end());
    assignment.end_device();
  }
  return assignment;
}

}  // namespace brume::learning
