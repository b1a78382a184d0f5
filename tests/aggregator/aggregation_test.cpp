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

Aggregation open(std::vector<DeviceIndex> devices, const std::vector<std::uint32_t>& children = {},
                 bool forwards = false) {
  TaskSet asked;
  asked.version = 4;
  asked.most_contributions = 8;
  asked.devices = std::move(devices);
  const auto parts = std::make_shared<const Aggregation::Parts>(
      Aggregation::Parts{std::make_shared<const algorithms::FedAvg>(), kCodec, nullptr, kLayout, forwards});
  return {asked, {}, parts, children};
}

std::vector<std::int64_t> terms_of(const Aggregate& aggregate) {
  const auto terms = dynamic_cast<const WeightedSums&>(aggregate).sum("delta").terms();
  return {terms.begin(), terms.end()};
}

Status status_of(const Aggregation::Taken& taken, DeviceIndex device) {
  for (const auto& receipt : taken.receipts)
    if (receipt.device == device) return receipt.status;
  return Status::outstanding;
}

// What a fog node with these devices makes of their updates.
PartialMessage part_of(const std::vector<DeviceIndex>& devices, std::uint64_t fog) {
  auto below = open(devices);
  for (const auto device : devices) EXPECT_EQ(below.offer(update_from(device, 1)), Aggregation::Answer::folded);
  auto taken = below.take(true);
  return {{4, fog, 0}, true, taken.receipts, taken.aggregate->encode(nullptr, Stream(1, Purpose::fog_uplink)), ""};
}

// The same, as the updates themselves.
PartialMessage forwarded_part_of(const std::vector<DeviceIndex>& devices, std::uint64_t fog) {
  auto below = open(devices, {}, true);
  for (const auto device : devices)
    EXPECT_EQ(below.offer(update_from(device, static_cast<float>(device))), Aggregation::Answer::folded);
  auto taken = below.take(true);
  EXPECT_TRUE(taken.forwarded);
  return {{4, fog, 0}, true, taken.receipts, taken.forwarded, ""};
}

// Every order of arrival gives the same sums.
TEST(Aggregation, TheOrderOfArrivalDoesNotMatter) {
  std::vector<DeviceIndex> order{1, 2, 3, 4, 5};
  std::vector<std::int64_t> expected;
  do {
    auto aggregation = open({1, 2, 3, 4, 5});
    for (const auto device : order) {
      EXPECT_GT(aggregation.outstanding(), 0U);
      EXPECT_EQ(aggregation.offer(update_from(device, 0.1F * static_cast<float>(device))), Aggregation::Answer::folded);
    }
    EXPECT_EQ(aggregation.outstanding(), 0U);
    const auto sum = terms_of(*aggregation.take(true).aggregate);
    if (expected.empty()) expected = sum;
    ASSERT_EQ(sum, expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Aggregation, CountsNothingTwiceAndNobodyElse) {
  auto aggregation = open({1, 2});
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::duplicate);
  EXPECT_EQ(aggregation.offer(update_from(3, 1)), Aggregation::Answer::unknown_task);
  EXPECT_EQ(aggregation.offer(update_from(2, 1, 5)), Aggregation::Answer::unknown_task);
  EXPECT_EQ(aggregation.folded(), 1U);
  const auto taken = aggregation.take(false);
  EXPECT_EQ(taken.aggregate->contributions(), 1U);
  EXPECT_EQ(taken.receipts.size(), 1U);
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::unknown_task);  // it was taken
}

TEST(Aggregation, TakesPartsUntilTheLast) {
  auto aggregation = open({1, 2, 3});
  EXPECT_EQ(aggregation.offer(update_from(3, 1)), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.take(false).folded, 1U);
  EXPECT_EQ(aggregation.outstanding(), 2U);
  EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::folded);
  const auto last = aggregation.take(true);
  EXPECT_EQ(last.folded, 1U);
  EXPECT_EQ(status_of(last, 1), Status::folded);
  EXPECT_EQ(status_of(last, 2), Status::late);
}

TEST(Aggregation, FailuresAndRefusalsEndTheWaiting) {
  auto aggregation = open({1, 2, 3});
  EXPECT_TRUE(aggregation.answer({4, 1, 0}, Status::failed, "why"));
  EXPECT_FALSE(aggregation.answer({4, 1, 0}, Status::failed, "again"));
  EXPECT_FALSE(aggregation.answer({4, 9, 0}, Status::failed, "nobody"));
  auto damaged = update_from(2, 1);
  auto bytes = *damaged.vectors[0].frame;
  bytes[74] ^= std::byte{1};
  damaged.vectors[0].frame = std::make_shared<const std::vector<std::byte>>(bytes);
  EXPECT_EQ(aggregation.offer(damaged), Aggregation::Answer::refused);
  EXPECT_EQ(aggregation.offer(update_from(3, 1)), Aggregation::Answer::folded);
  EXPECT_EQ(aggregation.outstanding(), 0U);
  const auto taken = aggregation.take(true);
  EXPECT_EQ(taken.problem, "why");
  EXPECT_EQ(status_of(taken, 1), Status::failed);
  EXPECT_EQ(status_of(taken, 2), Status::refused);
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
  for (const auto& bad : {update_from(1, infinity), update_from(1, 1e30F), update_from(1, 1, 4, other), heavy, odd_loss,
                          no_vectors, twice, renamed, weightless}) {
    auto aggregation = open({1, 2});
    EXPECT_EQ(aggregation.offer(bad), Aggregation::Answer::refused);
    EXPECT_EQ(aggregation.folded(), 0U);
    EXPECT_NE(aggregation.problem(), "");
    EXPECT_EQ(aggregation.offer(update_from(1, 1)), Aggregation::Answer::unknown_task);  // it has been answered
  }
}

TEST(Aggregation, AHugeLossDoesNotCostTheUpdate) {
  auto aggregation = open({1, 2});
  auto odd = update_from(1, 1);
  odd.loss = 1e300;
  EXPECT_EQ(aggregation.offer(odd), Aggregation::Answer::folded);
  EXPECT_TRUE(std::isfinite(aggregation.take(true).receipts[0].loss));
}

TEST(Aggregation, PartsMakeTheSameSum) {
  auto flat = open({1, 2, 3, 4});
  for (const DeviceIndex device : {1, 2, 3, 4}) (void)flat.offer(update_from(device, 1));
  auto tree = open({1, 2, 3, 4}, {0, 1, 0, 1});
  EXPECT_EQ(tree.offer(part_of({2, 4}, 1), 1), Aggregation::Answer::folded);
  EXPECT_EQ(tree.offer(part_of({1, 3}, 0), 0), Aggregation::Answer::folded);
  EXPECT_EQ(tree.outstanding(), 0U);
  const auto a = flat.take(true);
  const auto b = tree.take(true);
  EXPECT_EQ(terms_of(*a.aggregate), terms_of(*b.aggregate));
  EXPECT_EQ(a.folded, b.folded);
}

// A fog node answers for its own devices, once, and only with a sum that its receipts explain.
TEST(Aggregation, PartsThatDoNotFitAreNotMerged) {
  auto aggregation = open({1, 2, 3, 4}, {0, 1, 0, 1});
  EXPECT_EQ(aggregation.offer(part_of({1, 2}, 0), 0), Aggregation::Answer::unknown_task);
  EXPECT_EQ(aggregation.offer(part_of({1, 5}, 0), 0), Aggregation::Answer::unknown_task);
  EXPECT_EQ(aggregation.outstanding(), 4U);
  auto inflated = part_of({1, 3}, 0);
  inflated.receipts.pop_back();
  EXPECT_EQ(aggregation.offer(inflated, 0), Aggregation::Answer::refused);
  EXPECT_EQ(aggregation.outstanding(), 3U);
  EXPECT_EQ(aggregation.folded(), 0U);
  auto damaged = part_of({2, 4}, 1);
  auto bytes = *damaged.aggregate;
  bytes[30] ^= std::byte{1};
  damaged.aggregate = std::make_shared<const std::vector<std::byte>>(bytes);
  EXPECT_EQ(aggregation.offer(damaged, 1), Aggregation::Answer::refused);
  const auto taken = aggregation.take(true);
  EXPECT_EQ(status_of(taken, 2), Status::refused);
  EXPECT_EQ(taken.aggregate, nullptr);
  EXPECT_NE(taken.problem, "");
}

// Updates that a fog node sends on as they came are what the devices would have sent here, over two tiers too.
TEST(Aggregation, ForwardedUpdatesGiveTheSameSums) {
  auto flat = open({1, 2, 3, 4});
  for (const DeviceIndex device : {1, 2, 3, 4})
    EXPECT_EQ(flat.offer(update_from(device, static_cast<float>(device))), Aggregation::Answer::folded);
  auto middle = open({1, 2, 3, 4}, {0, 1, 0, 1}, true);
  EXPECT_EQ(middle.offer(forwarded_part_of({2, 4}, 1), 1), Aggregation::Answer::folded);
  EXPECT_EQ(middle.offer(forwarded_part_of({1, 3}, 0), 0), Aggregation::Answer::folded);
  auto taken = middle.take(true);
  EXPECT_EQ(taken.folded, 4U);
  auto top = open({1, 2, 3, 4}, {0, 0, 0, 0});
  EXPECT_EQ(top.offer(PartialMessage{{4, 0, 0}, true, taken.receipts, taken.forwarded, ""}, 0),
            Aggregation::Answer::folded);
  const auto expected = flat.take(true);
  EXPECT_EQ(terms_of(*top.take(true).aggregate), terms_of(*expected.aggregate));
  EXPECT_EQ(terms_of(*taken.aggregate), terms_of(*expected.aggregate));
}

TEST(Aggregation, ForwardsNothingThatItHasOnlyTheSumOf) {
  auto middle = open({1, 2, 3, 4}, {0, 1, 0, 1}, true);
  EXPECT_EQ(middle.offer(part_of({2, 4}, 1), 1), Aggregation::Answer::folded);
  EXPECT_EQ(middle.offer(forwarded_part_of({1, 3}, 0), 0), Aggregation::Answer::folded);
  const auto taken = middle.take(true);
  EXPECT_EQ(taken.folded, 4U);
  EXPECT_FALSE(taken.forwarded);
  auto plain = open({1});
  EXPECT_EQ(plain.offer(update_from(1, 1)), Aggregation::Answer::folded);
  EXPECT_FALSE(plain.take(true).forwarded);
}

// A part whose updates are not what its receipts say is refused as a whole, and nothing of it is summed.
TEST(Aggregation, RefusesForwardedUpdatesThatDoNotFit) {
  const auto good = forwarded_part_of({1, 3}, 0);
  const auto offered = [](PartialMessage part) {
    auto top = open({1, 3}, {0, 0});
    const auto answer = top.offer(part, 0);
    EXPECT_EQ(top.folded(), 0U);
    return answer;
  };
  auto cut = good;
  cut.aggregate = std::make_shared<const std::vector<std::byte>>(good.aggregate->begin(), good.aggregate->end() - 1);
  EXPECT_EQ(offered(cut), Aggregation::Answer::refused);
  auto longer = *good.aggregate;
  longer.push_back(std::byte{0});
  auto more = good;
  more.aggregate = std::make_shared<const std::vector<std::byte>>(longer);
  EXPECT_EQ(offered(more), Aggregation::Answer::refused);
  auto fewer = good;
  fewer.receipts[1].status = Status::failed;
  EXPECT_EQ(offered(fewer), Aggregation::Answer::refused);
  auto weightless = good;
  weightless.receipts[1].weight = 0;
  EXPECT_EQ(offered(weightless), Aggregation::Answer::refused);
}

}  // namespace
}  // namespace brume::aggregator
