#include <gtest/gtest.h>

#include "brume/random.hpp"
#include "compression/plane_kernels.hpp"
#include "compression/rans_steps.hpp"
#include "compression/rans_vectors.hpp"
#include "compression/signs.hpp"
#include "compression/tally.hpp"
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

struct Range {
  std::uint32_t start;
  std::uint32_t frequency;
};

// Ranges of every length, the shortest and the longest more often than others.
std::vector<Range> any_ranges(std::size_t count) {
  Stream stream(7, Purpose::plugin);
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < count; ++i) {
    const std::array<std::uint32_t, 4> frequencies{1, 2, Frequencies::kAll - 1,
                                                   1 + static_cast<std::uint32_t>(stream.below(Frequencies::kAll - 1))};
    const auto frequency = frequencies[stream.below(4)];
    ranges.push_back({static_cast<std::uint32_t>(stream.below(Frequencies::kAll - frequency + 1)), frequency});
  }
  return ranges;
}

TEST(Kernels, EncodeByVectorsAsOneByOne) {
  constexpr std::size_t kCount = 1 << 16;
  const auto ranges = any_ranges(kCount);
  std::vector<std::uint32_t> packed;
  for (const auto& range : ranges) packed.push_back(range.frequency << 16 | range.start);
  std::vector<std::byte> expected(2 * kCount + 8);
  std::array<std::uint32_t, kVectorLanes> states;
  states.fill(kLeastState);
  auto* at = expected.data() + expected.size();
  for (std::size_t i = kCount; i-- > 0;)
    rans_put(states[i % kVectorLanes], rans_step(ranges[i].start, ranges[i].frequency), at);
  testing::by_every_target([&](const char* target) {
    std::vector<std::byte> bytes(expected.size());
    VectorEncoder encoder{.at = bytes.data() + bytes.size()};
    encoder.states.fill(kLeastState);
    if (encode_vectors(packed, encoder) == 0) return;
    EXPECT_EQ(encoder.states, states) << target;
    const auto length = expected.data() + expected.size() - at;
    ASSERT_EQ(bytes.data() + bytes.size() - encoder.at, length) << target;
    EXPECT_TRUE(std::equal(at, at + length, encoder.at)) << target;
  });
}

TEST(Kernels, AddSignsToWhatIsNotZero) {
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 64U, 1000U}) {
    const auto numbers = below(5, count);  // -2 to 2
    Bytes sizes(count);
    for (std::size_t i = 0; i < count; ++i) sizes[i] = static_cast<std::uint8_t>(std::abs(numbers[i] - 2));
    auto signs = signs_of(numbers, 2);
    signs.resize(signs.size() + 8);
    testing::by_every_target([&](const char* target) {
      auto back = sizes;
      add_signs(back, signs.data(), 2);
      EXPECT_EQ(back, numbers) << target << ' ' << count;
    });
  }
}

// Wide tables are counted one by one, others side by side.
TEST(Kernels, TallyEverySymbolOnce) {
  for (const unsigned bound : {1U, 2U, 11U, 256U})
    for (const std::size_t contexts : {1U, 2U, 16U})
      for (const std::size_t count : {0U, 1U, 9U, 1000U}) {
        const auto symbols = below(bound, count);
        const auto of = contexts == 1 ? Bytes() : below(static_cast<unsigned>(contexts), count);
        const Keys keys(symbols, of, contexts);
        constexpr std::size_t kRanges = 3;
        const auto all = tally(keys, kRanges, [&](std::size_t i) { return i % kRanges * keys.stride(); });
        ASSERT_EQ(all.tables(), kRanges * contexts);
        std::vector<std::uint32_t> expected(kRanges * contexts * all.width());
        for (std::size_t i = 0; i < count; ++i)
          ++expected[(i % kRanges * contexts + (of.empty() ? 0 : of[i])) * all.width() + symbols[i]];
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), all.counts().begin(), all.counts().end()));
      }
}

}  // namespace
}  // namespace brume::compression
