#include "learning/data/standardize.hpp"

#include <algorithm>
#include <cmath>

namespace brume::learning {

float Moments::standardized(float x) const {
  // Rounding leaves a constant column a deviation that is tiny against its mean.
  const bool constant = deviation <= 1e-7 * std::fabs(mean);
  if (constant || std::isnan(x)) return 0.0F;
  return static_cast<float>((x - mean) / deviation);
}

void ColumnSums::add(std::size_t column, float value) {
  if (std::isnan(value)) return;
  auto& sums = sums_[column];
  sums.count += 1;
  sums.sum += value;
  sums.squares += double{value} * value;
}

void ColumnSums::add(const ColumnSums& device) {
  for (std::size_t column = 0; column < sums_.size(); ++column) {
    sums_[column].count += device.sums_[column].count;
    sums_[column].sum += device.sums_[column].sum;
    sums_[column].squares += device.sums_[column].squares;
  }
}

std::vector<Moments> ColumnSums::moments() const {
  std::vector<Moments> moments(sums_.size());
  for (std::size_t column = 0; column < sums_.size(); ++column) {
    const auto& [count, sum, squares] = sums_[column];
    if (count == 0) continue;
    moments[column].mean = sum / count;
    const double variance = squares / count - moments[column].mean * moments[column].mean;
    moments[column].deviation = std::sqrt(std::max(0.0, variance));
  }
  return moments;
}

}  // namespace brume::learning
