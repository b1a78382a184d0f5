#include "compression/signs.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "brume/random.hpp"

namespace brume::compression {
namespace {

using Signs = std::vector<std::uint8_t>;

// Each differs from the one before with that probability.
Signs changing(double share, std::size_t count) {
  Stream stream(count, Purpose::plugin);
  Signs signs(count);
  std::uint8_t now = 0;
  for (auto& sign : signs) sign = now = static_cast<std::uint8_t>(now ^ (stream.uniform() < share ? 1U : 0U));
  return signs;
}

std::vector<std::byte> written(const Signs& signs) {
  std::vector<std::byte> out;
  write_signs(signs, out);
  return out;
}

TEST(Signs, ComeBack) {
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 31U, 32U, 33U, 65U, 200U, 1001U, 65536U})
    for (const double share : {0.0, 0.05, 0.3, 0.5, 0.9, 1.0}) {
      const auto signs = changing(share, count);
      Signs back(count);
      read_signs(written(signs), back);
      EXPECT_EQ(back, signs) << count << ' ' << share;
    }
}

// Near the entropy of their changes, 32 frequencies of five bits and four states included; a bit each at most, and the
// byte that says how.
TEST(Signs, CostWhatTheirChangesDo) {
  EXPECT_LT(8.0 * static_cast<double>(written(changing(0.1, 20000)).size()) / 20000, 0.469 * 1.01 + 0.016);
  EXPECT_LT(8.0 * static_cast<double>(written(changing(0.3, 20000)).size()) / 20000, 0.881 * 1.01 + 0.016);
  EXPECT_EQ(written(changing(0.5, 20000)).size(), 2501U);
}

// Signs that repeat every six change in a way that the last six tell.
TEST(Signs, FollowFromTheLastSix) {
  Signs signs(20000);
  for (std::size_t i = 0; i < signs.size(); ++i) signs[i] = i % 6 < 2 || i % 6 == 4 ? 1 : 0;
  EXPECT_LT(written(signs).size(), 20000 / 8 / 10U);
}

// Every cut is an error; a flipped bit is one or gives other signs, unless it belongs to a frequency that none has.
TEST(Signs, SurviveDamage) {
  for (const double share : {0.1, 0.5}) {
    const auto signs = changing(share, 700);
    const auto out = written(signs);
    Signs back(700);
    for (std::size_t length = 0; length < out.size(); ++length)
      EXPECT_THROW(read_signs(std::span(out).first(length), back), FormatError) << length;
    for (std::size_t bit = 0; bit < 8 * out.size(); ++bit) {
      auto flipped = out;
      flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
      try {
        read_signs(flipped, back);
      } catch (const FormatError&) {
        continue;
      }
      const bool of_frequencies = out[0] == std::byte{1} && bit >= 8 && bit < 8 + 32 * 5;
      EXPECT_TRUE(back != signs || of_frequencies) << bit;
    }
  }
}

}  // namespace
}  // namespace brume::compression
