#include <gtest/gtest.h>

#include <limits>

#include "brume/algorithm.hpp"
#include "brume/error.hpp"

namespace brume {
namespace {

LayoutPointer layout_of(std::int64_t size) {
  return std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {size}, TensorRole::trainable}});
}

const LayoutPointer kTwo = layout_of(2);

WeightedSums sums_of_two_vectors() {
  return {{{"a", kTwo}, {"b", kTwo}}, {"count"}, ExactFormat::for_contributions(8)};
}

Contribution contribution(float a, float b, double weight, double count) {
  return {{}, weight, {{"a", kTwo, {a, a}}, {"b", kTwo, {b, b}}}, {{"count", count}}};
}

TEST(WeightedSums, MeansAreWeighted) {
  auto sums = sums_of_two_vectors();
  ASSERT_EQ(sums.add(contribution(1, 10, 1, 2)), AddOutcome::added);
  ASSERT_EQ(sums.add(contribution(3, 20, 3, 4)), AddOutcome::added);
  std::vector<float> mean(2);
  sums.mean("a", mean);
  EXPECT_EQ(mean[0], 2.5F);
  sums.mean("b", mean);
  EXPECT_EQ(mean[1], 17.5F);
  EXPECT_EQ(sums.mean("count"), 3.5);
  EXPECT_EQ(sums.weight(), 4);
}

TEST(WeightedSums, AContributionIsAddedWholeOrNotAtAll) {
  auto sums = sums_of_two_vectors();
  ASSERT_EQ(sums.add(contribution(1, 1, 1, 1)), AddOutcome::added);
  const auto before = sums.sum("a").terms()[0];
  EXPECT_EQ(sums.add(contribution(1, std::numeric_limits<float>::infinity(), 1, 1)), AddOutcome::not_finite);
  EXPECT_EQ(sums.add(contribution(1, 1e30F, 1, 1)), AddOutcome::out_of_range);
  EXPECT_EQ(sums.add(contribution(1, 1, 1, 1e30)), AddOutcome::out_of_range);
  EXPECT_EQ(sums.add(contribution(1, 1, 1e-20, 1)), AddOutcome::out_of_range);
  EXPECT_EQ(sums.sum("a").terms()[0], before);
  EXPECT_EQ(sums.weight(), 1);
  EXPECT_EQ(sums.contributions(), 1U);
}

TEST(WeightedSums, RefusesOtherVectors) {
  auto sums = sums_of_two_vectors();
  EXPECT_THROW((void)sums.add({{}, 1, {{"a", kTwo, {1, 1}}}, {{"count", 1}}}), FormatError);
  EXPECT_THROW((void)sums.add({{}, 1, {{"a", kTwo, {1, 1}}, {"b", kTwo, {1, 1}}}, {}}), FormatError);
  EXPECT_THROW((void)sums.add({{}, 1, {{"a", kTwo, {1, 1}}, {"c", kTwo, {1, 1}}}, {{"count", 1}}}), FormatError);
  EXPECT_THROW((void)sums.add({{}, 1, {{"a", kTwo, {1, 1}}, {"a", kTwo, {1, 1}}}, {{"count", 1}}}), FormatError);
  EXPECT_THROW((void)sums.add({{}, 1, {{"a", kTwo, {1, 1}}, {"b", kTwo, {1}}}, {{"count", 1}}}), FormatError);
}

TEST(WeightedSums, MergeEqualsAdding) {
  auto whole = sums_of_two_vectors();
  auto left = sums_of_two_vectors();
  auto right = sums_of_two_vectors();
  for (int i = 0; i < 6; ++i) {
    const auto item = contribution(0.1F * static_cast<float>(i), -0.3F, i + 1, i);
    ASSERT_EQ(whole.add(item), AddOutcome::added);
    ASSERT_EQ((i % 2 ? left : right).add(item), AddOutcome::added);
  }
  ASSERT_EQ(left.merge(right), AddOutcome::added);
  EXPECT_EQ(left.sum("a").terms()[1], whole.sum("a").terms()[1]);
  EXPECT_EQ(left.mean("count"), whole.mean("count"));
  EXPECT_EQ(left.contributions(), 6U);
}

}  // namespace
}  // namespace brume
