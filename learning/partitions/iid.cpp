#include <fmt/format.h>

#include <numeric>

#include "brume/error.hpp"
#include "learning/partitions/partitions.hpp"

namespace brume::learning {

void require_a_row_each(const PooledData& data, std::uint64_t devices) {
  if (data.labels().size() < devices)
    throw RequestError(fmt::format("{} training rows cannot be dealt to {} devices, each needs at least one",
                                   data.labels().size(), devices));
}

Assignment IidPartition::deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const {
  require_a_row_each(data, devices);
  Assignment assignment;
  assignment.rows.resize(data.labels().size());
  std::iota(assignment.rows.begin(), assignment.rows.end(), 0U);
  Stream stream(seed, Purpose::partition);
  stream.shuffle(std::span(assignment.rows));
  const std::uint64_t each = assignment.rows.size() / devices;
  const std::uint64_t extra = assignment.rows.size() % devices;
  for (std::uint64_t device = 0; device < devices; ++device)
    assignment.offsets.push_back(assignment.offsets.back() + each + (device < extra ? 1 : 0));
  return assignment;
}

}  // namespace brume::learning
