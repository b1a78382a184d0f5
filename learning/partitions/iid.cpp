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

void require_labels(const PooledData& data, const char* partition) {
  if (data.shape().classes < 1)
    throw RequestError(
        fmt::format("partition '{}' goes by classes, these data have none; known without: iid, natural, "
                    "quantity",
                    partition));
}

std::vector<std::vector<std::uint32_t>> rows_by_label(const PooledData& data, std::uint64_t seed) {
  std::vector<std::vector<std::uint32_t>> rows(static_cast<std::size_t>(data.shape().classes));
  const auto labels = data.labels();
  for (std::uint32_t row = 0; row < labels.size(); ++row) rows[static_cast<std::size_t>(labels[row])].push_back(row);
  Stream stream(seed, Purpose::partition);
  for (auto& of_label : rows) stream.shuffle(std::span(of_label));
  return rows;
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
