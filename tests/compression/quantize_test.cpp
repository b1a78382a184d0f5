#include "compression/quantize.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "brume/error.hpp"
#include "compression/quantize_kernels.hpp"
#include "core/bytes.hpp"

namespace brume::compression {
namespace {

Quantize quantizer(int bits, int group_size = 256) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(bits));
  writer.u16(static_cast<std::uint16_t>(group_size));
  Quantize stage;
  stage.set_parameters(writer.bytes());
  return stage;
}

std::vector<float> through(const Quantize& stage, const std::vector<float>& x, Stream& stream) {
  Block block;
  block.count = x.size();
  block.values = x;
  State none;
  stage.encode(block, stream, none);
  stage.decode(block);
  return block.values;
}

// Two values share a word: the second has its halves exchanged. With each word as often as any other so has each what
// the second reads, and errors of the two are not correlated (4 standard errors).
TEST(Quantize, PartnersShareAWord) {
  Stream stream(3, Purpose::plugin);
  for (const std::size_t count : {1U, 2U, 5U, 16U, 63U, 64U, 257U}) {
    std::vector<float> x(count);
    for (auto& value : x) value = static_cast<float>(stream.normal());
    std::vector<std::uint32_t> words(words_at_random(count));
    stream.fill(words);
    std::vector<std::int32_t> symbols(count);
    round_at_random(x, words, 4, symbols);
    std::vector<std::int32_t> signs(count);
    sign_at_random(x, words, 0.125, signs);
    for (std::size_t i = 0; i < count; ++i) {
      const auto word = i < words.size() ? words[i] : std::rotr(words[i - words.size()], 16);
      const double u = static_cast<double>(word) * 0x1p-32;
      EXPECT_EQ(symbols[i], std::floor(static_cast<double>(x[i]) * 4 + u)) << count << ' ' << i;
      EXPECT_EQ(signs[i], 2 * u - 1 < static_cast<double>(x[i]) / 8 ? 0 : -1) << count << ' ' << i;
    }
  }
  double both = 0;
  constexpr int kDraws = 100000;
  const std::vector<float> pair{0.5F, 0.5F};
  std::vector<std::int32_t> symbols(2);
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::uint32_t word = stream.next();
    round_at_random(pair, {&word, 1}, 1, symbols);
    both += (symbols[0] - 0.5) * (symbols[1] - 0.5) * 4;
  }
  EXPECT_LT(std::fabs(both), 4 * std::sqrt(kDraws));
}

class QuantizeBits : public ::testing::TestWithParam<int> {};

// The mean over many draws is the value (4 standard errors), each error is below one step, and the variance is at most
// Δ²/4, or Δ² for one bit, where the two values are 2Δ apart.
TEST_P(QuantizeBits, IsUnbiasedWithBoundedVariance) {
  const int bits = GetParam();
  const auto stage = quantizer(bits);
  std::vector<float> x;
  for (int i = 0; i < 64; ++i) x.push_back(0.013F * static_cast<float>(i - 40));
  const double largest = 0.013 * 40;
  const double top = bits == 1 ? 1 : std::ldexp(1.0, bits - 1);
  double step = std::exp2(std::ceil(std::log2(largest / top)));
  Stream stream(1, Purpose::plugin);
  constexpr int kDraws = 4000;
  std::vector<double> mean(x.size());
  std::vector<double> square(x.size());
  for (int draw = 0; draw < kDraws; ++draw) {
    const auto y = through(stage, x, stream);
    for (std::size_t i = 0; i < x.size(); ++i) {
      mean[i] += y[i];
      square[i] += std::pow(y[i] - x[i], 2);
    }
  }
  const double width = bits == 1 ? 2 * step : step;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double variance = square[i] / kDraws;
    EXPECT_LE(variance, width * width / 4 * 1.2);
    EXPECT_NEAR(mean[i] / kDraws, x[i], 4.5 * width / 2 / std::sqrt(kDraws)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Quantize, QuantizeBits, ::testing::Range(1, 17));

TEST(Quantize, ScalesArePowersOfTwoSoThatLowBitsVanish) {
  Stream stream(2, Purpose::plugin);
  const auto y = through(quantizer(4), {0.3F, -0.7F, 0.11F, 0.0F}, stream);
  for (const float value : y) EXPECT_EQ(value, std::ldexp(std::nearbyint(std::ldexp(value, 3)), -3));
  EXPECT_EQ(y[3], 0.0F);
}

TEST(Quantize, KeepsWhatLiesOnTheGrid) {
  Stream stream(3, Purpose::plugin);
  const std::vector<float> x{7, -8, 0, 3, -1};
  EXPECT_EQ(through(quantizer(4), x, stream), x);
  const std::vector<float> zeros(300);
  EXPECT_EQ(through(quantizer(2), zeros, stream), zeros);
}

TEST(Quantize, GroupsHaveTheirOwnScale) {
  Stream stream(4, Purpose::plugin);
  std::vector<float> x(16, 1e-6F);
  x[12] = 1000.0F;
  const auto y = through(quantizer(8, 8), x, stream);
  EXPECT_NEAR(y[0], 1e-6F, 1e-8F);
}

TEST(Quantize, RefusesWhatTrainingShouldNotMake) {
  Stream stream(5, Purpose::plugin);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 0x1p127F})
    EXPECT_THROW(through(quantizer(4), {1.0F, bad}, stream), Error);
  EXPECT_NO_THROW(through(quantizer(16), {std::numeric_limits<float>::denorm_min()}, stream));
}

TEST(Quantize, ChecksParametersFromAFrame) {
  for (const auto& [bits, group] : {std::pair{0, 256}, {17, 256}, {4, 0}, {4, 7}, {4, 5000}})
    EXPECT_THROW(quantizer(bits, group), FormatError);
}

}  // namespace
}  // namespace brume::compression
