#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brume::learning {

/// Mean and deviation of a column, missing values left out.
struct Moments {
  double mean = 0;
  double deviation = 0;

  /// x as a multiple of the deviation from the mean; a missing x is 0, the mean, and a constant column 0.
  float standardized(float x) const;
};

/// What a device tells of its own rows so that a federation can standardise without seeing them: for each column how
/// many values there are, their sum and their sum of squares. Devices' sums add up.
class ColumnSums {
 public:
  explicit ColumnSums(std::size_t columns) : sums_(columns) {}
  void add(std::size_t column, float value);  ///< a missing one (NaN) is left out
  void add(const ColumnSums& device);
  std::vector<Moments> moments() const;

 private:
  struct Sums {
    double count = 0;
    double sum = 0;
    double squares = 0;
  };
  std::vector<Sums> sums_;
};

}  // namespace brume::learning
