#include <algorithm>
#include <numeric>

#include "learning/partitions/partitions.hpp"

namespace brume::learning {

void ShardsPartition::declare(Options& options) {
  options.integer({"shards_per_device", "about the number of labels that a device sees"}, shards_per_device_,
                  Range::between(1, 1e6));
}

Assignment ShardsPartition::deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const {
  const auto per_device = static_cast<std::uint64_t>(shards_per_device_);
  require_labels(data, "shards");
  require_a_row_each(data, devices * per_device);
  std::vector<std::uint32_t> sorted(data.labels().size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return data.labels()[a] < data.labels()[b]; });
  std::vector<std::uint64_t> shards(devices * per_device);
  std::iota(shards.begin(), shards.end(), std::uint64_t{0});
  Stream stream(seed, Purpose::partition);
  stream.shuffle(std::span(shards));
  Assignment assignment;
  const auto begin_of = [&](std::uint64_t shard) {
    return static_cast<std::ptrdiff_t>(shard * sorted.size() / shards.size());
  };
  for (std::uint64_t i = 0; i < shards.size(); ++i) {
    assignment.rows.insert(assignment.rows.end(), sorted.begin() + begin_of(shards[i]),
                           sorted.begin() + begin_of(shards[i] + 1));
    if ((i + 1) % per_device == 0) assignment.end_device();
  }
  return assignment;
}

}  // namespace brume::learning
