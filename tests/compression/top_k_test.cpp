#include "compression/top_k.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "brume/error.hpp"
#include "compression/ascending.hpp"
#include "compression/chain.hpp"
#include "compression/quantize.hpp"
#include "core/bytes.hpp"

namespace brume::compression {
namespace {

std::shared_ptr<const Stage> top_k(double fraction) {
  ByteWriter writer;
  writer.f64(fraction);
  auto stage = std::make_shared<TopK>();
  stage->set_parameters(writer.bytes());
  return stage;
}

std::shared_ptr<const Stage> quantize(int bits) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(bits));
  writer.u16(256);
  auto stage = std::make_shared<Quantize>();
  stage->set_parameters(writer.bytes());
  return stage;
}

LayoutPointer layout_of(std::size_t size) {
  return std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"w", {static_cast<std::int64_t>(size)}, TensorRole::trainable}});
}

std::vector<float> example(std::size_t size, std::uint64_t seed = 9) {
  Stream stream(seed, Purpose::plugin);
  std::vector<float> x(size);
  for (float& value : x) value = static_cast<float>(stream.normal());
  return x;
}

std::vector<float> through(const Chain& chain, const std::vector<float>& x, std::size_t* bytes = nullptr) {
  const auto layout = layout_of(x.size());
  State none;
  const auto frame = chain.encode(x, *layout, {}, Stream(1, Purpose::uplink), none);
  EXPECT_EQ(frame->size(), chain.worst_case_bytes(*layout));  // its size does not depend on the values
  if (bytes) *bytes = frame->size();
  std::vector<float> out(x.size());
  chain.decode(*frame, *layout, out);
  return out;
}

TEST(TopK, KeepsTheLargestOfEachBlockAsTheyAre) {
  for (const std::size_t size : {1U, 2U, 99U, 100U, 32768U, 40000U}) {
    const auto x = example(size);
    const auto out = through(Chain({top_k(0.1)}), x);
    for (std::size_t first = 0; first < size; first += 32768) {
      const std::size_t last = std::min<std::size_t>(size, first + 32768);
      const auto kept = static_cast<std::size_t>(std::ceil(0.1 * static_cast<double>(last - first)));
      std::vector<float> magnitudes;
      std::size_t sent = 0;
      for (std::size_t i = first; i < last; ++i) {
        magnitudes.push_back(std::fabs(x[i]));
        if (out[i] == 0) continue;
        ++sent;
        EXPECT_EQ(out[i], x[i]);
      }
      std::sort(magnitudes.rbegin(), magnitudes.rend());
      EXPECT_EQ(sent, kept);
      for (std::size_t i = first; i < last; ++i)
        if (std::fabs(x[i]) > magnitudes[kept - 1]) {
          EXPECT_EQ(out[i], x[i]);
        }
    }
  }
}

// Stich et al. 2018, lemma A.1: ‖x − top_k(x)‖² ≤ (1 − k/d)‖x‖².
TEST(TopK, IsAContraction) {
  for (const double fraction : {0.01, 0.1, 0.5, 1.0}) {
    const auto x = example(32768, 3);
    const auto out = through(Chain({top_k(fraction)}), x);
    double error = 0;
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      error += std::pow(x[i] - out[i], 2);
      square += x[i] * x[i];
    }
    EXPECT_LE(error, (1 - fraction) * square + 1e-9);
  }
}

TEST(TopK, TiesGoToTheFirst) {
  std::vector<float> x(100, -1.0F);
  const auto out = through(Chain({top_k(0.03)}), x);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(out[i], i < 3 ? -1.0F : 0.0F);
}

// Elias–Fano needs about 2 + log₂(d/k) bits a position; k/d (log₂(d/k) + 1.44 + value) is what it cannot be below.
TEST(TopK, PositionsCostLittleMoreThanTheyMust) {
  std::size_t bytes = 0;
  through(Chain({top_k(0.01), quantize(4)}), example(32768), &bytes);
  const double bits = 8.0 * static_cast<double>(bytes) / 32768;
  const double least = 0.01 * (std::log2(100) + 1.44 + 4);
  EXPECT_GT(bits, least);
  EXPECT_LT(bits, least + 0.05);
}

TEST(TopK, RefusesWhatIsNotFinite) {
  std::vector<float> x(10, 1);
  x[3] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(through(Chain({top_k(0.5)}), x), Error);
}

TEST(TopK, StandsBeforeTheQuantiserAndOnce) {
  EXPECT_NO_THROW(Chain({top_k(0.1), quantize(4)}));
  EXPECT_THROW(Chain({quantize(4), top_k(0.1)}), RequestError);
  EXPECT_THROW(Chain({top_k(0.1), top_k(0.5)}), RequestError);
  EXPECT_THROW(Chain({quantize(4), quantize(8)}), RequestError);
}

TEST(Ascending, RoundTripsEveryShape) {
  Stream stream(5, Purpose::plugin);
  for (const std::size_t size : {1U, 2U, 7U, 8U, 100U, 32768U})
    for (std::size_t count = 1; count <= size; count += 1 + size / 9) {
      std::vector<std::uint32_t> all(size);
      for (std::uint32_t i = 0; i < size; ++i) all[i] = i;
      stream.shuffle(std::span(all));
      std::vector<std::uint32_t> positions(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
      std::sort(positions.begin(), positions.end());
      std::vector<std::byte> packed(ascending_bytes(count, size));
      pack_ascending(positions, size, packed);
      ASSERT_EQ(unpack_ascending(packed, count, size), positions);
    }
}

// Whatever the bytes are: positions that ascend and are in range, or an error.
TEST(Ascending, HostileBytesAreRefusedOrRead) {
  Stream stream(6, Purpose::plugin);
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = 1 + stream.below(300);
    const std::size_t count = 1 + stream.below(size);
    std::vector<std::byte> packed(ascending_bytes(count, size));
    for (auto& byte : packed) byte = static_cast<std::byte>(stream.next());
    try {
      const auto positions = unpack_ascending(packed, count, size);
      ASSERT_TRUE(std::is_sorted(positions.begin(), positions.end(), std::less_equal<>()));
      ASSERT_LT(positions.back(), size);
    } catch (const FormatError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 15'000U);
}

}  // namespace
}  // namespace brume::compression
