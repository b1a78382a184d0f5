#include "brume/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace brume {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known-answer vectors that come with Random123 (Salmon et al. 2011), philox4x32 with 10 rounds.
TEST(Philox, MatchesThePublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  EXPECT_EQ(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}), (Block{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}),
            (Block{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(Stream, IsAFunctionOfItsKeyAlone) {
  Stream a(7, Purpose::shuffle, TaskId{3, 5, 0});
  Stream b(7, Purpose::shuffle, TaskId{3, 5, 0});
  for (const std::size_t count : {11U, 3U, 1000U, 4099U}) {  // by vectors, where there is one left
    std::vector<std::uint32_t> filled(count);
    b.fill(filled);
    for (const auto word : filled) ASSERT_EQ(a.next(), word);
  }
  EXPECT_EQ(a.next(), b.next());
}

TEST(Stream, KeysAndPurposesAreApart) {
  std::set<std::uint64_t> first;
  for (const auto purpose : {Purpose::shuffle, Purpose::uplink})
    for (std::uint64_t seed = 0; seed < 3; ++seed)
      for (std::uint64_t version = 0; version < 20; ++version)
        for (std::uint64_t device = 0; device < 20; ++device)
          for (std::uint32_t attempt = 0; attempt < 2; ++attempt)
            first.insert(Stream(seed, purpose, TaskId{version, device, attempt}).next64());
  EXPECT_EQ(first.size(), 2U * 3 * 20 * 20 * 2);
}

TEST(Stream, BelowIsUniform) {
  Stream stream(1, Purpose::plugin);
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts[stream.below(6)];
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - 10'000.0, 2) / 10'000.0;
  EXPECT_LT(chi_square, 20.5);  // 5 degrees of freedom, p = 0.001
}

TEST(Stream, NormalAndGammaHaveTheirMoments) {
  Stream stream(2, Purpose::plugin);
  constexpr int kDraws = 200'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 4 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 4 * std::sqrt(2.0 / kDraws));
  for (const double shape : {0.1, 0.3, 1.0, 5.0}) {
    double total = 0;
    for (int i = 0; i < kDraws; ++i) total += std::exp(stream.log_gamma(shape));
    EXPECT_NEAR(total / kDraws, shape, 4 * std::sqrt(shape / kDraws));
  }
}

TEST(Stream, ShufflesEveryOrderEquallyOften) {
  Stream stream(3, Purpose::plugin);
  std::vector<int> counts(6);
  for (int i = 0; i < 12'000; ++i) {
    std::vector<int> items{0, 1, 2};
    stream.shuffle(std::span(items));
    ++counts[static_cast<std::size_t>(items[0] * 2 + (items[1] > items[2] ? 1 : 0))];
  }
  for (const int count : counts) EXPECT_NEAR(count, 2000, 170);
}

}  // namespace
}  // namespace brume
