#include "brume/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <string>

#include "brume/error.hpp"

namespace brume {

namespace {

// The largest |x| as bits: for non-negative floats the order of the bits is the order of the values, and infinities and
// NaNs come last. Integer reductions vectorise, and unlike floating-point ones they may be reordered.
std::int32_t largest_magnitude_bits(std::span<const float> x) {
  std::int32_t largest = 0;
  for (const float element : x) largest = std::max(largest, std::bit_cast<std::int32_t>(element) & 0x7FFFFFFF);
  return largest;
}

constexpr std::int32_t kInfinityBits = 0x7F800000;

// Below this a double's own addition rounds to integers: 1.5 · 2^52 leaves no bit behind the point, and its mantissa
// then holds the integer in two's complement. Ties go to even, as with llrint; and it vectorises.
constexpr double kRoundedByAddition = 0x1p51;
constexpr double kNoFraction = 0x1.8p52;

std::int64_t rounded_by_addition(double value) {
  return std::bit_cast<std::int64_t>(value + kNoFraction) - std::bit_cast<std::int64_t>(kNoFraction);
}

// terms += round(scale · x); `largest` is no less than any of |x|.
void add_rounded(std::span<const float> x, double scale, double largest, std::span<std::int64_t> terms) {
  if (largest * std::fabs(scale) < kRoundedByAddition) {
    for (std::size_t i = 0; i < x.size(); ++i) terms[i] += rounded_by_addition(static_cast<double>(x[i]) * scale);
  } else {
    for (std::size_t i = 0; i < x.size(); ++i) terms[i] += std::llrint(static_cast<double>(x[i]) * scale);
  }
}

}  // namespace

int ExactFormat::bound_bits() const {
  const int headroom = most_contributions <= 1 ? 0 : static_cast<int>(std::bit_width(most_contributions - 1));
  return 62 - headroom;
}

ExactFormat ExactFormat::for_contributions(std::uint64_t most_contributions, int magnitude_bits) {
  ExactFormat format{0, std::max<std::uint64_t>(most_contributions, 1)};
  format.exponent = format.bound_bits() - magnitude_bits;
  return format;
}

std::string_view to_string(AddOutcome outcome) {
  switch (outcome) {
    case AddOutcome::added:
      return "added";
    case AddOutcome::out_of_range:
      return "out_of_range";
    case AddOutcome::not_finite:
      return "not_finite";
    case AddOutcome::full:
      return "full";
  }
  return "unknown";
}

namespace {

// The largest magnitude that a sum of so many contributions in range can have. Fits: the bound leaves room for
// most_contributions of them.
std::uint64_t most_magnitude(const ExactFormat& format, std::uint64_t contributions) {
  if (contributions > format.most_contributions)
    throw FormatError("a partial sum has " + std::to_string(contributions) + " contributions, at most " +
                      std::to_string(format.most_contributions) + " were asked for");
  return contributions << format.bound_bits();
}

bool within(std::int64_t term, std::uint64_t most) {
  const auto magnitude = term < 0 ? 0 - static_cast<std::uint64_t>(term) : static_cast<std::uint64_t>(term);
  return magnitude <= most;
}

}  // namespace

ExactSum::ExactSum(ExactFormat format, std::uint64_t contributions, std::vector<std::int64_t> terms)
    : format_(format), contributions_(contributions), terms_(std::move(terms)) {
  const auto most = most_magnitude(format_, contributions_);
  if (!std::all_of(terms_.begin(), terms_.end(), [&](std::int64_t term) { return within(term, most); }))
    throw FormatError("a partial sum is larger than its contributions can make it");
}

ExactScalar::ExactScalar(ExactFormat format, std::uint64_t contributions, std::int64_t term)
    : format_(format), contributions_(contributions), term_(term) {
  if (!within(term_, most_magnitude(format_, contributions_)))
    throw FormatError("a partial sum is larger than its contributions can make it");
}

AddOutcome ExactSum::add(std::span<const float> x, double weight, std::uint64_t count) {
  assert(x.size() == terms_.size());
  assert(std::isfinite(weight) && weight >= 0);
  const std::int32_t largest = largest_magnitude_bits(x);
  if (largest >= kInfinityBits) return AddOutcome::not_finite;
  const double scale = std::ldexp(weight, format_.exponent);  // exact: a power of two only shifts
  const double bound = std::ldexp(static_cast<double>(count), format_.bound_bits());
  const double magnitude = std::bit_cast<float>(largest);
  if (!(std::nearbyint(magnitude * scale) < bound)) return AddOutcome::out_of_range;
  if (count > format_.most_contributions - contributions_) return AddOutcome::full;
  add_rounded(x, scale, magnitude, terms_);
  contributions_ += count;
  return AddOutcome::added;
}

void ExactSum::take_back(std::span<const float> x, double weight, std::uint64_t count) {
  assert(contributions_ >= count);
  const double scale = std::ldexp(weight, format_.exponent);
  add_rounded(x, -scale, std::bit_cast<float>(largest_magnitude_bits(x)), terms_);  // rounding knows no sign
  contributions_ -= count;
}

AddOutcome ExactSum::merge(const ExactSum& other) {
  assert(other.format_ == format_ && other.terms_.size() == terms_.size());
  if (contributions_ + other.contributions_ > format_.most_contributions) return AddOutcome::full;
  for (std::size_t i = 0; i < terms_.size(); ++i) terms_[i] += other.terms_[i];
  contributions_ += other.contributions_;
  return AddOutcome::added;
}

double ExactSum::value(std::size_t i) const { return std::ldexp(static_cast<double>(terms_[i]), -format_.exponent); }

AddOutcome ExactScalar::add(double value, double weight, std::uint64_t count) {
  if (!std::isfinite(value)) return AddOutcome::not_finite;
  const double rounded = std::nearbyint(std::ldexp(value * weight, format_.exponent));
  if (!(std::fabs(rounded) < std::ldexp(static_cast<double>(count), format_.bound_bits())))
    return AddOutcome::out_of_range;
  if (count > format_.most_contributions - contributions_) return AddOutcome::full;
  term_ += static_cast<std::int64_t>(rounded);
  contributions_ += count;
  return AddOutcome::added;
}

AddOutcome ExactScalar::merge(const ExactScalar& other) {
  assert(other.format_ == format_);
  if (contributions_ + other.contributions_ > format_.most_contributions) return AddOutcome::full;
  term_ += other.term_;
  contributions_ += other.contributions_;
  return AddOutcome::added;
}

double ExactScalar::value() const { return std::ldexp(static_cast<double>(term_), -format_.exponent); }

}  // namespace brume
