#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "brume/random.hpp"
#include "compression/extent.hpp"
#include "compression/plane_kernels.hpp"
#include "compression/rans_steps.hpp"
#include "compression/rans_vectors.hpp"
#include "compression/signs.hpp"
#include "compression/tally.hpp"
#include "tests/compression/sources.hpp"
#include "tests/compression/targets.hpp"

namespace brume::compression {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes below(unsigned bound, std::size_t count) {
  Stream stream(bound, Purpose::plugin);
  Bytes symbols(count);
  for (auto& symbol : symbols) symbol = static_cast<std::uint8_t>(stream.below(bound));
  return symbols;
}

struct Step {
  std::uint32_t start;
  std::uint32_t frequency;
};

// Ranges of every length, the shortest and the longest more often than others.
std::vector<Step> any_steps(std::size_t count) {
  Stream stream(7, Purpose::plugin);
  std::vector<Step> steps;
  for (std::size_t i = 0; i < count; ++i) {
    const std::array<std::uint32_t, 4> frequencies{1, 2, Frequencies::kAll - 1,
                                                   1 + static_cast<std::uint32_t>(stream.below(Frequencies::kAll - 1))};
    const auto frequency = frequencies[stream.below(4)];
    steps.push_back({static_cast<std::uint32_t>(stream.below(Frequencies::kAll - frequency + 1)), frequency});
  }
  return steps;
}

using States = std::array<std::uint32_t, kVectorLanes>;

// From any states: what vectors make of them, and what comes of one symbol after the other.
void expect_the_same(const std::vector<Step>& steps, const States& from) {
  std::vector<std::uint32_t> packed;
  for (const auto& step : steps) packed.push_back(step.frequency << 16 | step.start);
  std::vector<std::byte> expected(2 * steps.size() + 8);
  auto states = from;
  auto* at = expected.data() + expected.size();
  for (std::size_t i = steps.size(); i-- > 0;)
    rans_put(states[i % kVectorLanes], rans_step(steps[i].start, steps[i].frequency), at);
  int by_vectors = 0;
  testing::by_every_target([&](const char* target) {
    std::vector<std::byte> bytes(expected.size());
    VectorEncoder encoder{from, bytes.data() + bytes.size()};
    const std::size_t done = encode_vectors(packed, encoder);
    if (done == 0) return;
    ++by_vectors;
    EXPECT_EQ(done, steps.size());
    ASSERT_EQ(encoder.states, states) << target;
    const auto length = expected.data() + expected.size() - at;
    ASSERT_EQ(bytes.data() + bytes.size() - encoder.at, length) << target;
    ASSERT_TRUE(std::equal(at, at + length, encoder.at)) << target;
  });
  EXPECT_GE(by_vectors, steps.empty() ? 0 : 1);
}

TEST(Kernels, EncodeByVectorsAsOneByOne) {
  States states;
  states.fill(kLeastState);
  for (const std::size_t count : {0U, 16U, 32U, 1U << 16}) expect_the_same(any_steps(count), states);
}

// Quotients by floats: where states are at, just below and just above a multiple of every frequency, small and large.
TEST(Kernels, EncodeByVectorsWhereQuotientsChange) {
  for (std::uint32_t frequency = 1; frequency < Frequencies::kAll; ++frequency) {
    const std::vector<Step> steps(kVectorLanes, {0, frequency});
    const std::uint64_t limit = state_limit(frequency);
    const std::uint64_t least = (kLeastState + frequency - 1) / frequency * std::uint64_t{frequency};
    States states;
    for (std::size_t lane = 0; lane < kVectorLanes; ++lane) {
      const std::uint64_t multiple = lane < 8 ? limit - frequency * (lane / 3) : least + frequency * (lane / 3);
      const std::uint64_t state = multiple + lane % 3 - 1;  // one below, at, one above
      states[lane] = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(state, kLeastState, 0xFFFFFFFF));
    }
    expect_the_same(steps, states);
  }
}

TEST(Kernels, AddSignsToWhatIsNotZero) {
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 64U, 1000U}) {
    const std::uint8_t zero = count % 2 == 0 ? 2 : 128;
    auto numbers = below(2U * zero, count);
    for (auto& number : numbers) number = std::max<std::uint8_t>(number, 1);  // the lowest has no mirror image
    Bytes sizes(count);
    for (std::size_t i = 0; i < count; ++i) sizes[i] = static_cast<std::uint8_t>(std::abs(numbers[i] - zero));
    auto signs = signs_without_zeros(numbers, zero);
    signs.resize(signs.size() + 8);
    testing::by_every_target([&](const char* target) {
      auto back = sizes;
      add_signs(back, signs.data(), zero);
      EXPECT_EQ(back, numbers) << target << ' ' << count;
    });
  }
}

TEST(Kernels, AddUpEights) {
  for (const std::size_t count : {0U, 1U, 8U, 9U, 64U, 1003U}) {
    const auto sizes = below(256, count);
    std::vector<std::uint16_t> expected((count + 7) / 8);
    for (std::size_t i = 0; i < count; ++i) expected[i / 8] = static_cast<std::uint16_t>(expected[i / 8] + sizes[i]);
    testing::by_every_target([&](const char* target) {
      std::vector<std::uint16_t> sums(expected.size());
      add_eights(sizes, sums);
      EXPECT_EQ(sums, expected) << target << ' ' << count;
    });
  }
}

// In sixteen parts, whatever the vectors: the same bits.
TEST(Kernels, ExtentsAreTheSameByEveryTarget) {
  for (const std::size_t count : {0U, 1U, 15U, 16U, 17U, 31U, 1000U}) {
    const auto values = testing::gaussian(count);
    std::array<double, 16> parts{};
    for (std::size_t i = 0; i < count; ++i)
      parts[i < count / 16 * 16 ? i % 16 : 0] += static_cast<double>(std::fabs(values[i]));
    double sum = 0;
    for (const double part : parts) sum += part;
    testing::by_every_target([&](const char* target) {
      std::vector<std::int32_t> signs(count);
      EXPECT_EQ(signs_of(values, signs).sum, sum) << target << ' ' << count;
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(signs[i], values[i] < 0 ? -1 : 0);
    });
  }
}

// Against a plain loop; nothing is written beyond eight behind the last.
TEST(Kernels, TakeSignsInOrder) {
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 31U, 32U, 33U, 1000U})
    for (const unsigned bound : {1U, 3U, 256U}) {  // all zero, few of them, hardly any
      const std::uint8_t zero = bound == 256 ? 128 : static_cast<std::uint8_t>(bound / 2);
      const auto numbers = below(bound, count);
      Bytes expected;
      for (const auto number : numbers)
        if (number != zero) expected.push_back(number < zero ? 1 : 0);
      testing::by_every_target([&](const char* target) {
        Bytes signs(count + 16, 7);
        const std::size_t taken = take_signs(numbers, zero, signs.data());
        ASSERT_EQ(taken, expected.size()) << target;
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), signs.begin())) << target << ' ' << count;
        EXPECT_EQ(std::count(signs.begin() + static_cast<std::ptrdiff_t>(count) + 8, signs.end(), 7), 8);
      });
    }
}

TEST(Kernels, TallyEverySymbolOnce) {
  for (const unsigned bound : {1U, 2U, 11U, 256U})
    for (const std::size_t contexts : {1U, 2U, 16U})
      for (const std::size_t count : {0U, 1U, 9U, 1000U}) {
        constexpr std::size_t kRanges = 3;
        const auto symbols = below(bound, count);
        const auto of = contexts == 1 ? Bytes() : below(static_cast<unsigned>(contexts), count);
        const auto sums = below(kRanges, count);
        const Keys keys(symbols, of, contexts);
        std::array<std::uint32_t, 256> firsts{};
        for (std::size_t range = 0; range < kRanges; ++range)
          firsts[range] = static_cast<std::uint32_t>(range * keys.stride());
        std::vector<std::uint32_t> of_runs;
        for (std::size_t run = 0; 32 * run < count; ++run) of_runs.push_back(firsts[run % kRanges]);
        const auto place_of = [&](std::size_t i, std::size_t range) {
          return ((range * contexts + (of.empty() ? 0 : of[i])) << keys.shift) + symbols[i];
        };
        const auto expected = [&](const auto& range_of, std::size_t ranges) {
          std::vector<std::uint32_t> counts(ranges * contexts << keys.shift);
          for (std::size_t i = 0; i < count; ++i) ++counts[place_of(i, range_of(i))];
          return counts;
        };
        const auto counts_of = [](const Tally& all) {
          return std::vector<std::uint32_t>(all.counts().begin(), all.counts().end());
        };
        EXPECT_EQ(counts_of(tally(keys)), expected([](std::size_t) { return std::size_t{0}; }, 1));
        std::vector<std::uint16_t> places(count);
        const auto by_sums = expected([&](std::size_t i) { return sums[i]; }, kRanges);
        EXPECT_EQ(counts_of(tally(keys, kRanges, firsts, sums, places)), by_sums);
        EXPECT_EQ(counts_of(tally(keys, kRanges, firsts, sums, {})), by_sums);
        for (std::size_t i = 0; i < count; ++i)
          EXPECT_EQ(places[i], place_of(i, sums[i])) << bound << ' ' << contexts << ' ' << i;
        EXPECT_EQ(counts_of(tally(keys, kRanges, of_runs, 32)),
                  expected([](std::size_t i) { return i / 32 % kRanges; }, kRanges));
      }
}

}  // namespace
}  // namespace brume::compression
