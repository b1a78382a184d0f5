#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "brume/error.hpp"
#include "compression/plane.hpp"
#include "compression/rans.hpp"
#include "compression/trellis.hpp"
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

// Of numbers that are as often above zero as below; the second table is written as what it differs by.
TEST(Coder, AnyMirroredFrequenciesComeBack) {
  Stream stream(9, Purpose::plugin);
  for (int round = 0; round < 5000; ++round) {
    const int bits = 2 + static_cast<int>(stream.below(7));
    const std::size_t zero = std::size_t{1} << (bits - 1);
    const double scale = std::exp(4 * stream.uniform() - 1);
    std::array<Frequencies::Counts, 2> counts{};
    for (auto& one : counts)
      for (auto left = 1 + stream.below(std::uint64_t{1} << stream.below(13)); left > 0; --left) {
        const auto most = static_cast<double>(zero) - 1;
        ++one[static_cast<std::size_t>(static_cast<double>(zero) +
                                       std::clamp(std::round(stream.normal() * scale), -most, most))];
      }
    const auto first = Frequencies::mirrored(counts[0], zero);
    const auto second = Frequencies::mirrored(counts[1], zero);
    std::vector<std::byte> out;
    BitWriter writer(out);
    first.write_mirrored(writer, bits, zero);
    second.write_mirrored(writer, bits, zero, &first);
    writer.finish();
    BitReader reader(out);
    const auto first_back = Frequencies::read_mirrored(reader, bits, zero);
    const auto second_back = Frequencies::read_mirrored(reader, bits, zero, &first_back);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < Frequencies::kSymbols; ++i) {
      ASSERT_EQ(first_back[i], first[i]);
      ASSERT_EQ(second_back[i], second[i]);
      ASSERT_GE(first[i], counts[0][i] > 0 ? 1U : 0U);
      sum += first[i];
    }
    ASSERT_EQ(sum, Frequencies::kAll);
  }
}

// Numbers that change in size by layers, in bursts, or not at all; in bursts, also with signs that stay for a while;
// around zero or beside it; with contexts or in a trellis: every way to code a plane by rANS occurs, and comes back.
TEST(Coder, EveryModeComesBack) {
  std::set<std::byte> modes;
  for (const std::size_t count : {900U, 6000U, 17000U, 25000U, 65536U})
    for (int kind = 0; kind < 4; ++kind)
      for (const double mean : {0.0, 0.7})
        for (int contexts = 0; contexts < 3; ++contexts) {
          Stream stream(count, Purpose::plugin, static_cast<std::uint64_t>(kind), static_cast<std::uint64_t>(contexts));
          constexpr int kBits = 6;
          constexpr unsigned kZero = 32;
          Symbols symbols(count);
          Symbols of(contexts == 0 ? 0 : count);
          trellis::Walk walk;
          for (std::size_t i = 0; i < count; ++i) {
            const bool large = kind == 1 ? i % 640 < 320 : kind > 1 ? i % 29 < 9 : true;
            const double x = kind < 3 ? stream.normal() : std::fabs(stream.normal()) * (i % 70 < 30 ? -1 : 1);
            const auto number = std::clamp(std::round((x + mean) * (large ? 5 : 0.4)), -31.0, 31.0);
            symbols[i] = static_cast<std::uint8_t>(kZero + static_cast<int>(number));
            if (contexts == 1) of[i] = static_cast<std::uint8_t>(stream.below(3));
            if (contexts == 2) of[i] = walk.quantiser_at(i);
            walk.step(i, static_cast<std::int32_t>(number));
          }
          const SymbolContexts sent{.of = of, .in_trellis = contexts == 2, .zero = kZero};
          std::vector<std::byte> out;
          write_plane(symbols, kBits, sent, out);
          modes.insert(out.front());
          SymbolContexts received = sent;
          if (contexts == 2) received.of = {};
          Symbols back(count);
          ByteReader in(out);
          read_plane(in, kBits, received, back);
          ASSERT_EQ(back, symbols) << count << ' ' << kind << ' ' << mean << ' ' << contexts;
          ASSERT_EQ(in.left(), 0U);
        }
  std::set<std::byte> all;
  for (unsigned mode = 2; mode <= 18; ++mode) all.insert(static_cast<std::byte>(mode));
  EXPECT_EQ(modes, all);
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

// In bursts, with signs that stay for a while, in a trellis or not: magnitudes in segments, signs apart.
Symbols rectified(std::size_t count) {
  Stream stream(count, Purpose::plugin);
  Symbols symbols(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = std::min(std::round(std::fabs(stream.normal()) * (i % 29 < 9 ? 20 : 1)), 120.0);
    symbols[i] = static_cast<std::uint8_t>(128 + static_cast<int>(i % 70 < 30 ? -size : size));
  }
  return symbols;
}

void expect_no_damage_unseen(const Symbols& symbols, const SymbolContexts& sent, std::size_t stride) {
  std::vector<std::byte> out;
  write_plane(symbols, 8, sent, out);
  SymbolContexts received = sent;
  received.of = {};
  Symbols back(symbols.size());
  for (std::size_t length = 0; length < out.size(); ++length) {
    const std::vector<std::byte> cut(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length));
    ByteReader in(cut);
    EXPECT_THROW(read_plane(in, 8, received, back), FormatError) << length;
  }
  std::size_t unseen = 0;
  std::size_t flips = 0;
  for (std::size_t bit = 0; bit < 8 * out.size(); bit += stride, ++flips) {
    auto flipped = out;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    ByteReader in(flipped);
    try {
      read_plane(in, 8, received, back);
    } catch (const FormatError&) {
      continue;
    }
    unseen += back == symbols && in.left() == 0 ? 1 : 0;
  }
  // Bits of tables for contexts that never occur.
  EXPECT_LE(unseen, received.zero == 0 ? 0 : flips / 20);
}

// Every cut is an error; a flipped bit is one or gives other symbols. Nothing beyond the bytes is read.
TEST(Coder, SurvivesDamage) {
  expect_no_damage_unseen(normal_symbols(1, 3000), {}, 1);
  const auto symbols = rectified(2000);
  Symbols of(symbols.size());
  trellis::Walk walk;
  for (std::size_t i = 0; i < of.size(); ++i) {
    of[i] = walk.quantiser_at(i);
    walk.step(i, symbols[i] - 128);
  }
  expect_no_damage_unseen(symbols, {.zero = 128}, 3);
  expect_no_damage_unseen(symbols, {.of = of, .in_trellis = true, .zero = 128}, 3);
}

// A few symbols beyond a byte cost what they are, not a plane for all.
TEST(Coder, AFewLargeSymbolsCostLittle) {
  for (const auto* name : {"[{ecsq: {step: 0.05}}, entropy]", "[{tcq: {step: 0.05}}, entropy]"}) {
    const auto x = testing::gaussian(20000);
    auto spiked = x;
    for (std::size_t i = 0; i < 6; ++i) spiked[i * 3001] = (i % 2 == 0 ? 1.0F : -1.0F) * static_cast<float>(8 + i);
    const auto plain = testing::through(*testing::codec(name), x);
    const auto coded = testing::through(*testing::codec(name), spiked);
    EXPECT_LT(coded.bits, plain.bits + 0.02) << name;
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(coded.values[i], spiked[i], 0.15) << name << ' ' << i;
  }
}

// The lowest of all symbols has no mirror image, and comes back as well.
TEST(Coder, TheLowestSymbolMayBeTheOnlyLargeOne) {
  for (const auto* name : {"[{quantize: {bits: 9}}, entropy]", "[{quantize: {bits: 16}}, entropy]"}) {
    std::vector<float> x(2000);
    x[7] = -1;
    EXPECT_EQ(testing::through(*testing::codec(name), x).values, x) << name;
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
