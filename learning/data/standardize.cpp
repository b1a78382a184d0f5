#include "learning/data/standardize.hpp"

#include <algorithm>
#include <cmath>

namespace brume::learning {

namespace {

struct Sums {
  double count = 0;
  double sum = 0;
  double squares = 0;

  void add(double value) {
    count += 1;
    sum += value;
    squares += value * value;
  }
};

}  // namespace

std::vector<Moments> moments_of(std::span<const float> rows, std::size_t width) {
  std::vector<Sums> sums(width);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!std::isnan(rows[i])) sums[i % width].add(rows[i]);
  std::vector<Moments> moments(width);
  for (std::size_t column = 0; column < width; ++column) {
    const auto& total = sums[column];
    if (total.count == 0) continue;
    moments[column].mean = total.sum / total.count;
    const double variance = total.squares / total.count - moments[column].mean * moments[column].mean;
    moments[column].deviation = std::sqrt(std::max(0.0, variance));
  }
  return moments;
}

void fill_missing(std::span<float> rows, std::span<const Moments> moments, bool standardize) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [mean, deviation] = moments[i % moments.size()];
    if (std::isnan(rows[i])) rows[i] = static_cast<float>(mean);
    if (!standardize) continue;
    // Rounding leaves a constant column a deviation that is tiny against its mean.
    const bool constant = deviation <= 1e-7 * std::fabs(mean);
    rows[i] = constant ? 0.0F : static_cast<float>((rows[i] - mean) / deviation);
  }
}

}  // namespace brume::learning
