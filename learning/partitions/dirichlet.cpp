#include <algorithm>
#include <cmath>

#include "learning/partitions/partitions.hpp"

namespace brume::learning {

namespace {

// A label drawn by `mix` among those that have rows left; evenly by rows when the mix has run dry.
std::size_t draw_label(const std::vector<double>& mix, const std::vector<std::vector<std::uint32_t>>& rows,
                       Stream& stream) {
  double total = 0;
  double rows_left = 0;
  for (std::size_t label = 0; label < rows.size(); ++label) {
    rows_left += static_cast<double>(rows[label].size());
    if (!rows[label].empty()) total += mix[label];
  }
  const bool by_mix = total > 0;
  double point = stream.uniform() * (by_mix ? total : rows_left);
  std::size_t last = 0;
  for (std::size_t label = 0; label < rows.size(); ++label) {
    if (rows[label].empty()) continue;
    last = label;
    point -= by_mix ? mix[label] : static_cast<double>(rows[label].size());
    if (point < 0) break;
  }
  return last;
}

}  // namespace

void DirichletPartition::declare(Options& options) {
  options.number({"alpha", "small: each device has few labels; large: all have the same mix", true}, alpha_,
                 Range::above(0));
}

// Dir(α, …, α) up to a factor: the largest share is 1, so that some label always has one, however small α is.
void DirichletPartition::draw_mix(Stream& stream, std::vector<double>& mix) const {
  for (double& share : mix) share = stream.log_gamma(alpha_);
  const double largest = *std::max_element(mix.begin(), mix.end());
  for (double& share : mix) share = std::exp(share - largest);
}

Assignment DirichletPartition::deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const {
  require_labels(data, "dirichlet");
  require_a_row_each(data, devices);
  auto rows = rows_by_label(data, seed);
  const std::uint64_t each = data.labels().size() / devices;
  const std::uint64_t extra = data.labels().size() % devices;
  Assignment assignment;
  std::vector<double> mix(rows.size());
  for (std::uint64_t device = 0; device < devices; ++device) {
    Stream stream(seed, Purpose::partition, device, 1);
    draw_mix(stream, mix);
    for (std::uint64_t i = 0; i < each + (device < extra ? 1 : 0); ++i) {
      auto& of_label = rows[draw_label(mix, rows, stream)];
      assignment.rows.push_back(of_label.back());
      of_label.pop_back();
    }
    assignment.end_device();
  }
  return assignment;
}

}  // namespace brume::learning
