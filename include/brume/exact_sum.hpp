#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace brume {

/// The fixed-point grid of an exact sum. Declared per named vector and model version, equal on every node of the tree.
struct ExactFormat {
  int exponent = 0;                      ///< e: a contribution is rounded once to round(weight · x · 2^e)
  std::uint64_t most_contributions = 1;  ///< the sum refuses more than these

  /// Contributions with any |rounded element| ≥ 2^bound_bits() are refused, so that no partial sum of
  /// `most_contributions` can overflow int64 in any order: 62 − ⌈log₂ most_contributions⌉.
  int bound_bits() const;

  /// The finest grid on which contributions with |weight · x| < 2^magnitude_bits are in range.
  static ExactFormat for_contributions(std::uint64_t most_contributions, int magnitude_bits = 24);

  bool operator==(const ExactFormat&) const = default;
};

enum class AddOutcome : std::uint8_t { added, out_of_range, not_finite, full };
std::string_view to_string(AddOutcome outcome);

/// A sum of weighted float vectors in exact integers: any order and any tree of partial sums gives the same bits.
/// Not thread-safe. Memory: 8 bytes an element, whatever the number of contributions.
class ExactSum {
 public:
  ExactSum(std::size_t size, ExactFormat format) : format_(format), terms_(size) {}

  /// A partial sum from its terms. Throws FormatError unless `contributions` in-range contributions can have that sum,
  /// so that what merges with it cannot overflow.
  ExactSum(ExactFormat format, std::uint64_t contributions, std::vector<std::int64_t> terms);

  /// Adds weight · x, all of it or nothing: `out_of_range` and `not_finite` leave the sum as it was. What stands for
  /// `count` contributions may be so many times as large. Requires x.size() == size(); weight is finite and ≥ 0.
  [[nodiscard]] AddOutcome add(std::span<const float> x, double weight, std::uint64_t count = 1);

  /// Removes a contribution that add() accepted before: exact, the sum is as if it had never been there.
  void take_back(std::span<const float> x, double weight, std::uint64_t count = 1);

  /// Adds another partial sum on the same grid; `full` when together they have more than `most_contributions`.
  [[nodiscard]] AddOutcome merge(const ExactSum& other);

  std::size_t size() const { return terms_.size(); }
  std::uint64_t contributions() const { return contributions_; }
  const ExactFormat& format() const { return format_; }
  std::span<const std::int64_t> terms() const { return terms_; }

  /// Element i as a double: terms()[i] · 2^−e, rounded once.
  double value(std::size_t i) const;

 private:
  ExactFormat format_;
  std::uint64_t contributions_ = 0;
  std::vector<std::int64_t> terms_;
};

/// The same for one scalar, such as the sum of weights or of weighted losses.
class ExactScalar {
 public:
  explicit ExactScalar(ExactFormat format = {}) : format_(format) {}
  /// As for ExactSum. Throws FormatError.
  ExactScalar(ExactFormat format, std::uint64_t contributions, std::int64_t term);
  [[nodiscard]] AddOutcome add(double value, double weight, std::uint64_t count = 1);
  [[nodiscard]] AddOutcome merge(const ExactScalar& other);
  std::int64_t term() const { return term_; }
  double value() const;

 private:
  ExactFormat format_;
  std::uint64_t contributions_ = 0;
  std::int64_t term_ = 0;
};

}  // namespace brume
