#include "compression/magnitudes.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "brume/random.hpp"
#include "compression/segments.hpp"
#include "compression/trellis.hpp"

namespace brume::compression {
namespace {

constexpr std::size_t kMagnitudes = 40;  // the largest count as 31 among neighbours
constexpr int kBits = 6;

Frequencies some(std::size_t most, std::size_t magnitudes) {
  Frequencies::Counts counts{};
  for (std::size_t i = 0; i < magnitudes; ++i)
    counts[128 + i] = counts[128 - i] = static_cast<std::uint32_t>(i == most ? 40 : 3);
  return Frequencies::mirrored(counts, 128).of_magnitudes(128);
}

// Two classes: of symbols whose neighbours sum up to less than 30, and of others.
struct Coded {
  std::vector<std::uint8_t> magnitudes;
  std::vector<std::uint8_t> of_sum;
  std::vector<Frequencies> tables;
  std::vector<std::byte> bytes;
};

Coded coded(std::size_t count, bool in_trellis, std::size_t magnitudes = kMagnitudes) {
  Coded coded{std::vector<std::uint8_t>(count),
              std::vector<std::uint8_t>(256),
              {some(0, magnitudes), some(1, magnitudes), some(5, magnitudes), some(9, magnitudes)},
              {}};
  for (std::size_t sum = 30; sum < 256; ++sum) coded.of_sum[sum] = 1;
  Stream stream(count, Purpose::plugin);
  for (auto& magnitude : coded.magnitudes) magnitude = static_cast<std::uint8_t>(stream.below(magnitudes));
  std::vector<std::uint16_t> places(count);
  std::vector<std::uint8_t> quantisers(in_trellis ? count : 0);
  trellis::Walk walk;
  for (std::size_t i = 0; i < count; ++i) {
    unsigned sum = 0;
    const std::size_t first = i / segment_length(count) * segment_length(count);
    for (std::size_t k = std::max(first, i < 8 ? 0 : i - 8); k < i; ++k)
      sum += std::min<unsigned>(coded.magnitudes[k], 31);
    unsigned table = coded.of_sum[sum];
    if (in_trellis) table = 2 * table + (quantisers[i] = walk.quantiser_at(i));
    places[i] = static_cast<std::uint16_t>((table << kBits) + coded.magnitudes[i]);
    walk.step(i, coded.magnitudes[i]);
  }
  encode_magnitudes({coded.magnitudes, places, quantisers}, rans_steps(coded.tables, kBits), coded.bytes);
  return coded;
}

TEST(Magnitudes, ComeBackInSegmentsOfAnyLength) {
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 16U, 24U, 25U, 31U, 32U, 33U, 65U, 500U, 4097U})
    for (const bool in_trellis : {false, true})
      for (const std::size_t magnitudes : {std::size_t{16}, std::size_t{32}, std::size_t{33}, kMagnitudes}) {
        const auto sent = coded(count, in_trellis, magnitudes);
        std::vector<std::uint8_t> back(count);
        decode_magnitudes(sent.bytes, sent.tables, std::span<const std::uint8_t, 256>(sent.of_sum), in_trellis, back);
        EXPECT_EQ(back, sent.magnitudes) << count << ' ' << in_trellis << ' ' << magnitudes;
      }
}

// Where a trellis stands when a segment begins follows from the one before.
TEST(Magnitudes, SegmentsFollowFromEachOther) {
  auto sent = coded(500, true);
  std::vector<std::uint8_t> back(500);
  for (std::size_t bit = 0; bit < 9 * 8; ++bit) {
    auto other = sent.bytes;
    other[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_THROW(decode_magnitudes(other, sent.tables, std::span<const std::uint8_t, 256>(sent.of_sum), true, back),
                 FormatError)
        << bit;
  }
}

}  // namespace
}  // namespace brume::compression
