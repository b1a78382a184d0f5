#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <vector>

namespace brume::sim {

struct Least {
  static constexpr double kNothing = std::numeric_limits<double>::infinity();
  static double of(double a, double b) { return b < a ? b : a; }
};
struct Greatest {
  static constexpr double kNothing = -std::numeric_limits<double>::infinity();
  static double of(double a, double b) { return b > a ? b : a; }
};
struct Sum {
  static constexpr double kNothing = 0;
  static double of(double a, double b) { return a + b; }
};

/// The least, the greatest or the sum of a fixed number of values while single ones change: O(log n) a change. A sum is
/// always the same one for the same values, whatever they were before.
template <class Combine>
class Tournament {
 public:
  explicit Tournament(std::size_t slots = 0) : slots_(std::bit_ceil(slots)) {
    if (slots > 0) tree_.assign(2 * slots_, Combine::kNothing);
  }

  double top() const { return tree_.empty() ? Combine::kNothing : tree_[1]; }
  double at(std::size_t slot) const { return tree_[slots_ + slot]; }

  /// Returns whether the top changed.
  bool set(std::size_t slot, double value) {
    std::size_t place = slots_ + slot;
    while (tree_[place] != value) {
      tree_[place] = value;
      if (place == 1) return true;
      place /= 2;
      value = Combine::of(tree_[2 * place], tree_[2 * place + 1]);
    }
    return false;
  }

  /// The first slot whose value is the top; of a least or a greatest.
  std::size_t winner() const {
    std::size_t place = 1;
    while (place < slots_) {
      place *= 2;
      if (tree_[place] != tree_[1]) ++place;
    }
    return place - slots_;
  }

 private:
  std::size_t slots_;
  std::vector<double> tree_;  // tree_[i] combines tree_[2 i] and tree_[2 i + 1]
};

}  // namespace brume::sim
