#include "aggregator/aggregation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "algorithms/fedavg.hpp"
#include "compression/chain.hpp"

namespace brume::aggregator {
namespace {

const LayoutPointer kLayout =
    std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {3}, TensorRole::trainable}});
const auto kCodec = std::make_shared<const compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});

UpdateMessage update_from(DeviceIndex device, float value, Version version = 4, Digest base = {}) {
  State none;
  const std::vector<float> delta(3, value);
  return {{version, device, 0},
          {{"delta", kCodec->encode(delta, *kLayout, {base, 0}, Stream(1, Purpose::uplink), none)}},
          {},
          static_cast<double>(10 + device),
          0.5,
          10 + device};
}

Aggregation open(std::vector<DeviceIndex> cohort, std::uint64_t wanted) {
  const std::uint64_t most = cohort.size();
  const algorithms::FedAvg fedavg;
  Aggregation::Parts parts{kCodec, fedavg.vectors(kLayout),
                           fedavg.aggregate(kLayout, ExactFormat::for_contributions(most)), most};
  return {4, Time{}, std::move(cohort), {wanted, kNever}, {}, std::move(parts)};
}

// Every order of arrival gives the same sums, and closes with the last.
TEST(Aggregation, TheOrderOfArrivalDoesNotMatter) {
  std::vector<DeviceIndex> order{1, 2, 3, 4, 5};
  std::vector<std::int64_t> expected;
  do {
    auto aggregation = open({1, 2, 3, 4, 5}, 5);
    for (const auto device : order) {
      EXPECT_FALSE(aggregation.complete());
      EXPECT_EQ(aggregation.offer(update_from(device, 0.1F * static_cast<float>(device))), Aggregation::Answer::folded);
    }
    EXPECT_TRUE(aggregation.complete());
    const auto terms = dynamic_cast<const WeightedSums&>(aggregation.aggregate()).sum("delta").terms();
    const std::vector<std::int64_t> sum(terms.begin(), terms.end());
    if (expected.empty()) expected = sum;
    ASSERT_EQ(sum, expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Aggregation, CountsNothingTwiceAndNobodyElse) {
  auto aggregation = open({1, 2}, 2);
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::duplicate);
  EXPECT_EQ(aggregation.offer(update_from(3, 1)), Aggregation::Answer::unknown_task);
  EXPECT_EQ(aggregation.offer(update_from(2, 1, 5)), Aggregation::Answer::unknown_task);
  EXPECT_EQ(aggregation.included(), 1U);
  EXPECT_EQ(aggregation.aggregate().contributions(), 1U);
}

TEST(Aggregation, OverSelectionClosesWithTheFirst) {
  auto aggregation = open({1, 2, 3}, 2);
  EXPECT_EQ(aggregation.offer(update_from(3, 1)), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::folded);
  EXPECT_TRUE(aggregation.complete());
  const auto outcomes = aggregation.outcomes();
  EXPECT_EQ(outcomes[0].second, Outcome::included);
  EXPECT_EQ(outcomes[1].second, Outcome::late);
  EXPECT_EQ(outcomes[2].second, Outcome::included);
}

TEST(Aggregation, FailuresAndRefusalsEndTheWaiting) {
  auto aggregation = open({1, 2, 3}, 3);
  EXPECT_TRUE(aggregation.fail({4, 1, 0}, "why"));
  EXPECT_FALSE(aggregation.fail({4, 1, 0}, "again"));
  EXPECT_FALSE(aggregation.fail({4, 9, 0}, "nobody"));
  auto damaged = update_from(2, 1);
  auto bytes = *damaged.vectors[0].frame;
  bytes[74] ^= std::byte{1};
  damaged.vectors[0].frame = std::make_shared<const std::vector<std::byte>>(bytes);
  EXPECT_EQ(aggregation.offer(damaged), Aggregation::Answer::refused);
  EXPECT_EQ(aggregation.first_problem(), "why");
  EXPECT_EQ(aggregation.offer(update_from(3, 1)), Aggregation::Answer::folded);
  EXPECT_TRUE(aggregation.complete());
  EXPECT_EQ(aggregation.outcomes()[0].second, Outcome::failed);
  EXPECT_EQ(aggregation.outcomes()[1].second, Outcome::refused);
}

TEST(Aggregation, RefusesWhatWouldSpoilTheSum) {
  const float infinity = std::numeric_limits<float>::infinity();
  Digest other{};
  other[0] = 1;
  auto heavy = update_from(1, 1);
  heavy.weight = -1;
  auto odd_loss = update_from(1, 1);
  odd_loss.loss = std::nan("");
  auto no_vectors = update_from(1, 1);
  no_vectors.vectors.clear();
  auto twice = update_from(1, 1);
  twice.vectors.push_back(twice.vectors[0]);
  auto renamed = update_from(1, 1);
  renamed.vectors[0].name = "gamma";
  auto weightless = update_from(1, 1);
  weightless.weight = 1e-30;
  for (const auto& bad :
       {update_from(1, infinity), update_from(1, 1e30F), update_from(1, 1, 4, other), heavy, odd_loss, no_vectors}) {
    auto aggregation = open({1, 2}, 2);
    EXPECT_EQ(aggregation.offer(bad), Aggregation::Answer::refused);
    EXPECT_EQ(aggregation.aggregate().contributions(), 0U);
    EXPECT_EQ(aggregation.offer(bad), Aggregation::Answer::refused);
    EXPECT_NE(aggregation.first_problem(), "");
  }
}

TEST(Aggregation, AHugeLossIsLeftOutButTheUpdateCounts) {
  auto aggregation = open({1, 2}, 2);
  auto odd = update_from(1, 1);
  odd.loss = 1e30;
  EXPECT_EQ(aggregation.offer(odd), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.offer(update_from(2, 1)), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.mean_training_loss(), 0.5);
}

}  // namespace
}  // namespace brume::aggregator
