#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace brume::algorithms {

/// A count sketch (Charikar et al. 2002): each of its rows adds element i, times a random sign, to one random column. A
/// linear function of the vector: sketches add as their vectors do. The hash functions are the same everywhere.
class CountSketch {
 public:
  CountSketch(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns) {}

  /// Adds `factor` times element i = `position` of a vector to `cells` (rows · columns, row by row).
  void add(std::uint64_t position, float factor, std::span<float> cells) const;
  /// Sets the cells that element i lies in to zero.
  void clear(std::uint64_t position, std::span<float> cells) const;
  /// An estimate of element i: the median over the rows.
  float estimate(std::uint64_t position, std::span<const float> cells) const;

 private:
  struct Place {
    std::size_t cell;
    float sign;
  };
  Place place(std::size_t row, std::uint64_t position) const;

  std::size_t rows_;
  std::size_t columns_;
};

}  // namespace brume::algorithms
