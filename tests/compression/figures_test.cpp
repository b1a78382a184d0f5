// Figures that a correct implementation gives: bits an element with all bytes counted, and ‖x̂ − x‖² / ‖x‖².
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

using testing::codec;
using testing::gaussian;
using testing::generalised_gaussian;
using testing::laplace;
using testing::through;

constexpr std::size_t kElements = 1 << 18;

double nmse_of(const std::string& chain, const std::vector<float>& x) {
  return nmse(x, through(*codec(chain), x).values);
}

// EDEN (Vargaftik et al. 2022, arXiv 2108.08842, table 1 and §3): the same for every distribution, as 1/(1 − d) − 1 and
// d with d the distortion of Lloyd and Max. DRIVE is one bit.
TEST(Figures, EdenOnAnyDistribution) {
  const double unbiased[] = {0.5708, 0.1331, 0.0358, 0.00959};
  const double least[] = {0.3634, 0.1175, 0.0345, 0.0095};
  for (const auto& x : {gaussian(kElements), laplace(kElements), generalised_gaussian(kElements)})
    for (int bits = 1; bits <= 4; ++bits) {
      const auto name = "[{eden: {bits: " + std::to_string(bits);
      EXPECT_NEAR(nmse_of(name + "}}]", x) / unbiased[bits - 1], 1, 0.01) << bits;
      EXPECT_NEAR(nmse_of(name + ", scale: least_error}}]", x) / least[bits - 1], 1, 0.01) << bits;
      EXPECT_LT(through(*codec(name + "}}]"), x).bits, bits + 0.007);
    }
}

// Subtractive dither and an ideal entropy coder on a normal source: (R, NMSE) pairs that were measured elsewhere; NMSE
// is Δ²/12. Of our bits, headers and tables are within the hundredth.
TEST(Figures, DitherOnANormalSource) {
  const double pairs[][2] = {{0.864, .750}, {1.027, .521}, {1.586, .1875}, {2.105, .0833}, {3.062, .0208}};
  const auto x = gaussian(4 * kElements);
  for (const auto& [bits, distortion] : pairs) {
    const auto chain = "[{dither: {step: " + std::to_string(std::sqrt(12 * distortion)) + "}}, entropy]";
    const auto coded = through(*codec(chain), x);
    EXPECT_NEAR(nmse(x, coded.values) / distortion, 1, 0.01) << distortion;
    EXPECT_NEAR(coded.bits / bits, 1, 0.01) << bits;
  }
}

// QSGD with s = √d: its variance is Δ²/6 with Δ = ‖v‖/s = 1, twice that of dither with the same Δ, at 2.16 bits.
TEST(Figures, QsgdOnANormalSource) {
  const auto x = gaussian(4 * kElements);
  const auto coded = through(*codec("[{qsgd: {bucket: 65536}}, entropy]"), x);
  EXPECT_NEAR(nmse(x, coded.values) * 6, 1, 0.01);
  EXPECT_NEAR(coded.bits / 2.16, 1, 0.01);
}

// k-means of 2^b values on a normal source comes to the distortion of Lloyd and Max (Max 1960, table 1).
TEST(Figures, CodebookOnANormalSource) {
  const double distortion[] = {0.3634, 0.1175, 0.03454, 0.009497};
  const auto x = gaussian(kElements);
  for (int bits = 1; bits <= 4; ++bits)
    EXPECT_NEAR(nmse_of("[{codebook: {bits: " + std::to_string(bits) + "}}]", x) / distortion[bits - 1], 1, 0.01)
        << bits;
}

// TernGrad without clipping: E‖x̂ − x‖² = Σ over blocks of max|x| · ‖x‖₁ − ‖x‖² (Wen et al. 2017, eq. 3).
TEST(Figures, TernGradUnclipped) {
  for (const auto& x : {gaussian(kElements), laplace(kElements)}) {
    constexpr std::size_t kBlock = 32768;
    double expected = 0;
    double square = 0;
    for (std::size_t first = 0; first < x.size(); first += kBlock) {
      double largest = 0;
      double sum = 0;
      for (std::size_t i = first; i < first + kBlock; ++i) {
        const double size = std::fabs(x[i]);
        largest = std::max(largest, size);
        sum += size;
        square += size * size;
      }
      expected += largest * sum;
    }
    EXPECT_NEAR(nmse_of("[{terngrad: {clip: none}}]", x) / (expected / square - 1), 1, 0.02);
  }
}

// 1 − (E|x|)² = 1 − 2/π and ½.
TEST(Figures, ScaledSigns) {
  EXPECT_NEAR(nmse_of("[sign]", gaussian(kElements)) / 0.3634, 1, 0.01);
  EXPECT_NEAR(nmse_of("[sign]", laplace(kElements)) / 0.5, 1, 0.01);
}

// Sattler et al. 2019, with the bits of their table (0.0907 at 1 %, 0.028 at 1/400 for positions and signs;
// headers and checksums add a few thousandths).
TEST(Figures, SparseTernary) {
  const std::vector<float> sources[] = {gaussian(kElements), laplace(kElements), generalised_gaussian(kElements)};
  const double one_percent[] = {.917, .845, .678};
  const double one_in_400[] = {.973, .940, .834};
  for (int i = 0; i < 3; ++i) {
    const auto many = through(*codec("[{stc: {fraction: 0.01}}]"), sources[i]);
    EXPECT_NEAR(nmse(sources[i], many.values), one_percent[i], 0.01) << i;
    EXPECT_NEAR(many.bits, 0.0907, 0.006) << i;
    const auto few = through(*codec("[{stc: {fraction: 0.0025}}]"), sources[i]);
    EXPECT_NEAR(nmse(sources[i], few.values), one_in_400[i], 0.01) << i;
    EXPECT_NEAR(few.bits, 0.028, 0.005) << i;
  }
}

// A random k loses (d/k − 1)‖x‖², and sends no positions.
TEST(Figures, RandomK) {
  const auto x = gaussian(kElements);
  const auto coded = through(*codec("[{random_k: {fraction: 0.125}}]"), x);
  EXPECT_NEAR(nmse(x, coded.values) / 7, 1, 0.02);
  EXPECT_NEAR(coded.bits, 4, 0.01);
}

// Unbiased codecs: the mean of many decoded frames comes near x, its error falling as 1/n.
TEST(Figures, UnbiasedOnesAverageOut) {
  auto x = laplace(4096 + 256 + 7);  // several parts of a rotation, and some that have none
  std::fill(x.begin() + 4096, x.begin() + 4200, 0.01F);
  for (const auto* chain :
       {"[{half: {format: bf16}}]", "[{half: {format: fp16}}]", "[qsgd]", "[dither]", "[{dither: {step: 3}}, entropy]",
        "[{terngrad: {clip: none}}]", "[{eden: {bits: 1}}]", "[{eden: {bits: 3}}, entropy]",
        "[{tcq: {unbiased: true}}, entropy]", "[{random_k: {fraction: 0.25}}, {quantize: {bits: 4}}]"}) {
    const auto made = codec(chain);
    ASSERT_TRUE(made->traits().unbiased) << chain;
    constexpr int kDraws = 256;
    std::vector<double> sum(x.size());
    double alone = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      const auto y = through(*made, x, 100 + static_cast<std::uint64_t>(draw)).values;
      alone += nmse(x, y) / kDraws;
      for (std::size_t i = 0; i < x.size(); ++i) sum[i] += y[i];
    }
    std::vector<float> mean(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) mean[i] = static_cast<float>(sum[i] / kDraws);
    EXPECT_LT(nmse(x, mean) * kDraws, 1.3 * alone) << chain;
  }
}

struct Frontier {
  double bits;
  double beyond;  // Shannon's
};

// Bits beyond the Shannon bound, all bytes counted.
Frontier frontier(const std::string& chain, bool normal) {
  const auto x = normal ? gaussian(4 * kElements) : laplace(4 * kElements);
  const auto coded = through(*codec(chain), x);
  const auto bound = shannon_bits(normal ? "gaussian" : "laplace", nmse(x, coded.values));
  EXPECT_TRUE(bound) << chain;
  return {coded.bits, coded.bits - bound.value_or(0)};
}

// 0.13 bit (0.8 dB) from Shannon between 1 and 4 bits.
TEST(Figures, TrellisCodedQuantisationIsNearShannon) {
  int inside = 0;
  for (const bool normal : {true, false})
    for (const auto* step : {"1.06", "0.98", "0.8", "0.55", "0.3", "0.15"}) {
      const auto found = frontier(std::string("[{tcq: {step: ") + step + "}}, entropy]", normal);
      if (found.bits < 1 || found.bits > 4) continue;
      ++inside;
      EXPECT_LT(found.beyond, 0.13) << step << ": " << found.bits << (normal ? " normal" : " Laplace");
      RecordProperty(std::string(normal ? "normal" : "laplace") + step,
                     std::to_string(found.bits) + ", " + std::to_string(found.beyond));
    }
  EXPECT_GE(inside, 11);
}

// 0.27 bit from Shannon.
TEST(Figures, ScalarQuantisationIsNearShannon) {
  for (const bool normal : {true, false})
    for (const auto* step : {"1.5", "1.25", "1.0", "0.7", "0.4", "0.25"}) {
      const auto found = frontier(std::string("[{ecsq: {step: ") + step + "}}, entropy]", normal);
      EXPECT_LT(found.beyond, 0.27) << step << ": " << found.bits << (normal ? " normal" : " Laplace");
      RecordProperty(std::string(normal ? "normal" : "laplace") + step,
                     std::to_string(found.bits) + ", " + std::to_string(found.beyond));
    }
}

// Unbiased at one bit, where EDEN has 0.571: at most 0.45, on any distribution.
TEST(Figures, UnbiasedAtOneBit) {
  const auto made = codec("[{tcq: {step: 1.09, unbiased: true}}, entropy]");
  ASSERT_TRUE(made->traits().unbiased);
  for (const auto& x : {gaussian(4 * kElements), laplace(4 * kElements), generalised_gaussian(4 * kElements)}) {
    const auto coded = through(*made, x);
    EXPECT_LE(coded.bits, 1);
    EXPECT_LT(nmse(x, coded.values), 0.45);
    RecordProperty("bits", std::to_string(coded.bits) + ", " + std::to_string(nmse(x, coded.values)));
  }
}

// Independent rotations of similar updates average out; the figure is that of one alone.
TEST(Figures, EdenOfSimilarDevicesAveragesOut) {
  constexpr int kDevices = 16;
  const auto x = gaussian(kElements / 4);
  const auto made = codec("[{eden: {bits: 1}}]");
  std::vector<float> mean(x.size());
  for (int device = 0; device < kDevices; ++device) {
    const auto y = through(*made, x, static_cast<std::uint64_t>(device)).values;
    for (std::size_t i = 0; i < x.size(); ++i) mean[i] += y[i] / kDevices;
  }
  EXPECT_NEAR(nmse(x, mean) * kDevices, 0.571, 0.05);
}

}  // namespace
}  // namespace brume::compression
