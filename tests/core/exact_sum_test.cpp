#include "brume/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "brume/random.hpp"

namespace brume {
namespace {

TEST(ExactFormat, LeavesRoomForEveryContribution) {
  EXPECT_EQ((ExactFormat{0, 1}).bound_bits(), 62);
  EXPECT_EQ((ExactFormat{0, 2}).bound_bits(), 61);
  EXPECT_EQ((ExactFormat{0, 3}).bound_bits(), 60);
  EXPECT_EQ((ExactFormat{0, 1024}).bound_bits(), 52);
  EXPECT_EQ((ExactFormat{0, 1025}).bound_bits(), 51);
  EXPECT_EQ(ExactFormat::for_contributions(1024).exponent, 52 - 24);
}

// 10⁵ random contributions: in 100 orders one bit pattern, equal to the 128-bit sum of the same rounded terms.
TEST(ExactSum, IsTheSameInEveryOrderAndEqualsA128BitSum) {
  constexpr std::size_t kContributions = 100'000;
  constexpr std::size_t kSize = 3;
  const auto format = ExactFormat::for_contributions(kContributions, 12);
  Stream stream(1, Purpose::plugin);
  struct Item {
    float x[kSize];
    double weight;
  };
  std::vector<Item> items(kContributions);
  for (auto& item : items) {
    for (float& x : item.x)
      x = static_cast<float>(stream.normal() * std::exp2(static_cast<double>(stream.below(20)) - 17));
    item.weight = static_cast<double>(1 + stream.below(100));
  }
  __int128 expected[kSize] = {};
  for (const auto& item : items)
    for (std::size_t i = 0; i < kSize; ++i)
      expected[i] += std::llrint(std::ldexp(static_cast<double>(item.x[i]) * item.weight, format.exponent));

  for (int order = 0; order < 100; ++order) {
    ExactSum sum(kSize, format);
    for (const auto& item : items) ASSERT_EQ(sum.add(item.x, item.weight), AddOutcome::added);
    for (std::size_t i = 0; i < kSize; ++i) ASSERT_TRUE(static_cast<__int128>(sum.terms()[i]) == expected[i]);
    stream.shuffle(std::span(items));
  }
}

TEST(ExactSum, ATreeOfPartialSumsGivesTheSameBits) {
  const auto format = ExactFormat::for_contributions(1000);
  Stream stream(2, Purpose::plugin);
  ExactSum flat(10, format);
  std::vector<ExactSum> fog(7, ExactSum(10, format));
  for (int k = 0; k < 1000; ++k) {
    std::vector<float> x(10);
    for (float& value : x) value = static_cast<float>(stream.normal());
    ASSERT_EQ(flat.add(x, 60), AddOutcome::added);
    ASSERT_EQ(fog[stream.below(fog.size())].add(x, 60), AddOutcome::added);
  }
  ExactSum merged(10, format);
  for (const auto& partial : fog) ASSERT_EQ(merged.merge(partial), AddOutcome::added);
  EXPECT_TRUE(std::equal(flat.terms().begin(), flat.terms().end(), merged.terms().begin()));
  EXPECT_EQ(merged.contributions(), 1000U);
}

// Whatever else is in the sum, and whenever it comes: the contribution is refused, and leaves no trace.
TEST(ExactSum, RefusesOutOfRangeInEveryOrder) {
  const ExactFormat format{0, 4};
  const float least_refused = std::ldexp(1.0F, format.bound_bits());
  const float most_accepted = std::nextafter(least_refused, 0.0F);
  std::vector<float> values{most_accepted, -least_refused, least_refused, -most_accepted, most_accepted, most_accepted};
  std::sort(values.begin(), values.end());
  do {
    ExactSum sum(2, format);
    __int128 expected = 0;
    for (const float value : values) {
      const float x[] = {1.0F, value};
      const bool in_range = std::fabs(value) < least_refused;
      ASSERT_EQ(sum.add(x, 1.0), in_range ? AddOutcome::added : AddOutcome::out_of_range);
      if (in_range) expected += std::llrint(value);
    }
    ASSERT_EQ(sum.contributions(), 4U);
    ASSERT_TRUE(static_cast<__int128>(sum.terms()[1]) == expected);
    ASSERT_EQ(sum.terms()[0], 4);
  } while (std::next_permutation(values.begin(), values.end()));
}

TEST(ExactSum, TheLargestAcceptedContributionsNeverOverflow) {
  for (const std::uint64_t most : {1U, 2U, 3U, 1000U}) {
    const ExactFormat format{0, most};
    const float largest = std::nextafter(std::ldexp(1.0F, format.bound_bits()), 0.0F);
    ExactSum sum(1, format);
    __int128 expected = 0;
    for (std::uint64_t i = 0; i < most; ++i) {
      ASSERT_EQ(sum.add(std::span(&largest, 1), 1), AddOutcome::added);
      expected += std::llrint(largest);
    }
    EXPECT_TRUE(static_cast<__int128>(sum.terms()[0]) == expected);
    EXPECT_EQ(sum.add(std::span(&largest, 1), 1), AddOutcome::full);
  }
}

TEST(ExactSum, RefusesWhatIsNotFinite) {
  ExactSum sum(2, ExactFormat::for_contributions(4));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    const float x[] = {1.0F, bad};
    EXPECT_EQ(sum.add(x, 1), AddOutcome::not_finite);
  }
  EXPECT_EQ(sum.terms()[0], 0);
}

TEST(ExactSum, TakesBackExactly) {
  ExactSum sum(1, ExactFormat::for_contributions(4));
  const float a = 0.3F;
  const float b = 1e-7F;
  ASSERT_EQ(sum.add(std::span(&a, 1), 3), AddOutcome::added);
  const auto before = sum.terms()[0];
  ASSERT_EQ(sum.add(std::span(&b, 1), 7), AddOutcome::added);
  sum.take_back(std::span(&b, 1), 7);
  EXPECT_EQ(sum.terms()[0], before);
}

// Whichever way it takes: ties go to even, small or large, and every term is what llrint makes of its product.
TEST(ExactSum, RoundsAsLlrintOnEveryGrid) {
  Stream stream(5, Purpose::plugin);
  for (int exponent = -2; exponent < 60; ++exponent) {
    const ExactFormat format{exponent, 2};
    for (const double weight : {0.5, 1.0, 3.0, 60.0}) {
      std::vector<float> x{0.5F, -0.5F, 1.5F, -1.5F, 2.5F, -2.5F, 0.F, -0.F, 1e-30F};
      for (int i = 0; i < 64; ++i) x.push_back(static_cast<float>(stream.normal()));
      ExactSum sum(x.size(), format);
      if (sum.add(x, weight) != AddOutcome::added) continue;
      for (std::size_t i = 0; i < x.size(); ++i)
        ASSERT_EQ(sum.terms()[i], std::llrint(static_cast<double>(x[i]) * std::ldexp(weight, exponent)));
      sum.take_back(x, weight);
      for (const auto term : sum.terms()) ASSERT_EQ(term, 0);
    }
  }
}

TEST(ExactScalar, AddsAndRefuses) {
  ExactScalar scalar(ExactFormat::for_contributions(3));
  EXPECT_EQ(scalar.add(0.5, 4), AddOutcome::added);
  EXPECT_EQ(scalar.add(1e300, 1), AddOutcome::out_of_range);
  EXPECT_EQ(scalar.add(std::nan(""), 1), AddOutcome::not_finite);
  EXPECT_EQ(scalar.value(), 2.0);
}

}  // namespace
}  // namespace brume
