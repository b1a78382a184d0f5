#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/plane.hpp"
#include "compression/rans.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

using Symbols = std::vector<std::uint8_t>;

double entropy(const Symbols& symbols) {
  Frequencies::Counts counts{};
  for (const auto symbol : symbols) ++counts[symbol];
  double bits = 0;
  for (const auto count : counts)
    if (count > 0) bits -= count * std::log2(static_cast<double>(count) / static_cast<double>(symbols.size()));
  return bits;
}

Symbols normal_symbols(double step, std::size_t count) {
  Symbols symbols;
  for (const float x : testing::gaussian(count))
    symbols.push_back(static_cast<std::uint8_t>(std::clamp(std::lround(x / step) + 128L, 0L, 255L)));
  return symbols;
}

// P(±1) = share / 2 each.
Symbols ternary(double share, std::size_t count) {
  Stream stream(5, Purpose::plugin);
  Symbols symbols(count);
  for (auto& symbol : symbols)
    if (stream.uniform() < share) symbol = stream.next() % 2 == 0 ? 1 : 2;
  return symbols;
}

Symbols there_and_back(const Symbols& symbols, int bits, std::size_t& bytes) {
  std::vector<std::byte> out;
  write_plane(symbols, bits, {}, out);
  bytes = out.size();
  EXPECT_LE(bytes, most_plane_bytes(symbols.size(), bits));
  Symbols back(symbols.size());
  ByteReader in(out);
  read_plane(in, bits, {}, back);
  EXPECT_EQ(in.left(), 0U);
  return back;
}

// Within 1 % of the empirical entropy at one bit and more, and 2 % at 0.09 bits, tables and all bytes counted, in
// planes of 65,536 symbols.
TEST(Coder, IsNearTheEntropy) {
  for (const double step : {2.5, 1.0, 0.25, 0.1}) {
    const auto symbols = normal_symbols(step, 65536);
    std::size_t bytes = 0;
    EXPECT_EQ(there_and_back(symbols, 8, bytes), symbols);
    EXPECT_LT(8.0 * static_cast<double>(bytes) / entropy(symbols), 1.01) << step << ' ' << entropy(symbols) / 65536;
  }
  const auto sparse = ternary(0.01, 65536);
  std::size_t bytes = 0;
  EXPECT_EQ(there_and_back(sparse, 2, bytes), sparse);
  EXPECT_LT(8.0 * static_cast<double>(bytes) / entropy(sparse), 1.02) << entropy(sparse) / 65536;
}

TEST(Coder, TakesAnyPlane) {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 8U, 9U, 1000U, 65536U})
    for (int bits = 1; bits <= 8; ++bits) {
      Stream stream(count, Purpose::plugin, static_cast<std::uint64_t>(bits));
      Symbols uniform(count);
      for (auto& symbol : uniform) symbol = static_cast<std::uint8_t>(stream.below(1U << bits));
      Symbols skewed(count);
      for (auto& symbol : skewed)
        symbol = static_cast<std::uint8_t>(std::min(stream.below(1U << bits), stream.below(1U << bits)));
      Symbols rare(count, 1);
      if (count > 1) rare[count / 2] = 0;
      for (const auto& symbols : {uniform, skewed, rare, Symbols(count, static_cast<std::uint8_t>((1 << bits) - 1))}) {
        std::size_t bytes = 0;
        EXPECT_EQ(there_and_back(symbols, bits, bytes), symbols) << count << ' ' << bits;
      }
    }
}

// Every table can be read back, whatever the rounding of its frequencies adds up to: uniform symbols of 2 to 256 kinds,
// and random counts.
TEST(Coder, AnyFrequenciesComeBack) {
  const auto there_and_back_of = [](const Frequencies::Counts& counts) {
    const auto frequencies = Frequencies::of(counts);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < Frequencies::kSymbols; ++i) {
      ASSERT_GE(frequencies[i], counts[i] > 0 ? 1U : 0U);
      sum += frequencies[i];
    }
    ASSERT_EQ(sum, Frequencies::kAll);
    std::vector<std::byte> out;
    BitWriter writer(out);
    frequencies.write(writer, 8);
    writer.finish();
    BitReader reader(out);
    const auto back = Frequencies::read(reader, 8);
    for (std::size_t i = 0; i < Frequencies::kSymbols; ++i) ASSERT_EQ(back[i], frequencies[i]);
  };
  Stream stream(8, Purpose::plugin);
  for (std::size_t kinds = 2; kinds <= Frequencies::kSymbols; ++kinds) {
    Frequencies::Counts counts{};
    std::fill_n(counts.begin(), kinds, 500U);
    there_and_back_of(counts);
    for (auto& count : counts) count = count == 0 ? 0 : static_cast<std::uint32_t>(1 + stream.below(500));
    there_and_back_of(counts);
    for (auto& count : counts) count = count == 0 ? 0 : 1 + static_cast<std::uint32_t>(std::exp(10 * stream.uniform()));
    there_and_back_of(counts);
  }
}

// What uniform symbols cost beyond their entropy stays small as well.
TEST(Coder, UniformSymbolsAreNearTheEntropy) {
  for (const std::size_t kinds : {3U, 20U, 70U, 100U, 200U}) {
    Stream stream(kinds, Purpose::plugin);
    Symbols symbols(65536);
    for (auto& symbol : symbols) symbol = static_cast<std::uint8_t>(stream.below(kinds));
    std::size_t bytes = 0;
    EXPECT_EQ(there_and_back(symbols, 8, bytes), symbols);
    EXPECT_LT(8.0 * static_cast<double>(bytes) / entropy(symbols), 1.01) << kinds;
  }
}

// Every cut is an error; a flipped bit is one or gives other symbols. Nothing beyond the bytes is read.
TEST(Coder, SurvivesDamage) {
  std::vector<std::byte> out;
  const auto symbols = normal_symbols(1, 3000);
  write_plane(symbols, 8, {}, out);
  Symbols back(3000);
  for (std::size_t length = 0; length < out.size(); ++length) {
    const std::vector<std::byte> cut(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length));
    ByteReader in(cut);
    EXPECT_THROW(read_plane(in, 8, {}, back), FormatError);
  }
  for (std::size_t bit = 0; bit < 8 * out.size(); ++bit) {
    auto flipped = out;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    ByteReader in(flipped);
    try {
      read_plane(in, 8, {}, back);
    } catch (const FormatError&) {
      continue;
    }
    EXPECT_TRUE(back != symbols || in.left() > 0) << bit;
  }
}

// Floats without loss: noise in the mantissa stays, exponents of a trained model's weights cost 2 to 3 bits.
TEST(Coder, FloatsWithoutLoss) {
  auto x = testing::laplace(100000);
  x[5] = -0.0F;
  x[6] = 0x1p-140F;
  const auto coded = testing::through(*testing::codec("[entropy]"), x);
  ASSERT_EQ(coded.values.size(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint32_t>(coded.values[i]), std::bit_cast<std::uint32_t>(x[i]));
  EXPECT_LT(coded.bits, 27.5);
  auto as_bf16 = testing::through(*testing::codec("[{half: {rounding: nearest}}]"), x).values;
  const auto halves = testing::through(*testing::codec("[half, entropy]"), as_bf16);
  EXPECT_EQ(halves.values, as_bf16);
  EXPECT_LT(halves.bits, 0.7 * 16);
}

}  // namespace
}  // namespace brume::compression
