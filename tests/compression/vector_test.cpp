// Stages of the whole vector: global top-k and PowerSGD.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "compression/gaps.hpp"
#include "compression/largest.hpp"
#include "compression/powersgd.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

using testing::codec;
using testing::laplace;

std::vector<float> decoded(const Codec& codec, const Layout& layout, const std::vector<float>& x, State& state,
                           std::size_t* bytes = nullptr) {
  const auto frame = codec.encode(x, layout, {{}, 0, "delta"}, Stream(1, Purpose::uplink), state);
  EXPECT_LE(frame->size(), codec.worst_case_bytes(layout));
  if (bytes) *bytes = frame->size();
  std::vector<float> y(x.size());
  codec.decode(*frame, layout, y);
  return y;
}

std::vector<std::uint32_t> largest_by_sorting(const std::vector<float>& x, std::size_t k) {
  std::vector<std::uint32_t> order(x.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return std::fabs(x[a]) > std::fabs(x[b]); });
  order.resize(k);
  std::sort(order.begin(), order.end());
  return order;
}

// With and without a sample that tells the threshold, with ties, and where the sample is wrong.
TEST(Largest, IsWhatSortingGives) {
  for (const std::size_t count : {1U, 5U, 1000U, 20000U, 100000U})
    for (const double share : {1e-5, 0.001, 0.01, 0.3, 1.0}) {
      const auto k = std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(count)));
      auto x = laplace(count);
      EXPECT_EQ(largest(x, k), largest_by_sorting(x, k)) << count << ' ' << k;
      for (float& value : x) value = std::round(value);
      EXPECT_EQ(largest(x, k), largest_by_sorting(x, k)) << count << ' ' << k;
      for (std::size_t i = 0; i < count; i += std::max<std::size_t>(1, count / 4096)) x[i] = 100;
      EXPECT_EQ(largest(x, k), largest_by_sorting(x, k)) << count << ' ' << k;
    }
}

// Golomb–Rice codes of gaps are within 0.03 bit a position of the entropy of where they are (Sattler et al. 2019).
TEST(Gaps, TakeTheirEntropy) {
  Stream stream(1, Purpose::plugin);
  for (const double p : {0.3, 0.1, 0.01, 0.001}) {
    constexpr std::size_t kCount = 1 << 20;
    std::vector<std::uint64_t> positions;
    for (std::uint64_t i = 0; i < kCount; ++i)
      if (stream.uniform() < p) positions.push_back(i);
    std::vector<std::byte> bytes;
    write_gaps(positions, kCount, bytes);
    EXPECT_EQ(read_gaps(bytes, positions.size(), kCount), positions);
    EXPECT_LE(bytes.size(), most_gaps_bytes(positions.size(), kCount));
    const double entropy = -std::log2(p) - (1 - p) / p * std::log2(1 - p);
    EXPECT_NEAR(8.0 * static_cast<double>(bytes.size()) / static_cast<double>(positions.size()), entropy,
                0.04 * entropy + 0.5)
        << p;
  }
}

// Segments that hold all, nothing, a part of it or one in so many.
TEST(Gaps, NeverTakeMoreThanTheirMost) {
  constexpr std::size_t kSegment = 65536;
  for (const std::size_t of : {std::size_t{1}, std::size_t{100}, kSegment, 3 * kSegment + 7})
    for (const std::size_t every : {1U, 2U, 3U, 7U, 100U, 5000U})
      for (const std::size_t from : {std::size_t{0}, of / 2, of - 1})
        for (const std::size_t behind : {of, from + (of - from) / 3, from}) {
          std::vector<std::uint64_t> positions;
          for (std::uint64_t i = from; i < behind; i += every) positions.push_back(i);
          std::vector<std::byte> bytes;
          write_gaps(positions, of, bytes);
          EXPECT_LE(bytes.size(), most_gaps_bytes(positions.size(), of)) << of << ' ' << every << ' ' << from;
        }
  EXPECT_LT(8 * most_gaps_bytes(250'000, 1'000'000), 250'000 * 5.2);
}

TEST(Gaps, RefuseWhatTheyDidNotWrite) {
  std::vector<std::byte> bytes;
  write_gaps(std::vector<std::uint64_t>{1, 5, 70000}, 100000, bytes);
  EXPECT_THROW(read_gaps(bytes, 2, 100000), FormatError);
  EXPECT_THROW(read_gaps(bytes, 4, 100000), FormatError);
  EXPECT_THROW(read_gaps(bytes, 3, 70000), FormatError);
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_THROW(read_gaps(longer, 3, 100000), FormatError);
  bytes.pop_back();
  EXPECT_THROW(read_gaps(bytes, 3, 100000), FormatError);
}

const Layout kTensors({{"large", {100}, TensorRole::trainable}, {"small", {100}, TensorRole::trainable}});

// One tensor's elements are all larger than the other's: the whole vector's largest are there, each tensor's in both.
TEST(GlobalTopK, ChoosesFromTheVectorOrFromEachTensor) {
  auto x = laplace(200);
  for (std::size_t i = 0; i < 100; ++i) x[i] = std::copysign(1000 + std::fabs(x[i]), x[i]);
  State none;
  const auto count = [&](const char* name, std::size_t first) {
    const auto y = decoded(*codec(name), kTensors, x, none);
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_TRUE(y[i] == 0 || y[i] == x[i]);
    return 100 - std::count(y.begin() + static_cast<std::ptrdiff_t>(first),
                            y.begin() + static_cast<std::ptrdiff_t>(first + 100), 0.0F);
  };
  EXPECT_EQ(count("[{global_top_k: {fraction: 0.1}}]", 0), 20);
  EXPECT_EQ(count("[{global_top_k: {fraction: 0.1}}]", 100), 0);
  EXPECT_EQ(count("[{global_top_k: {fraction: 0.1, of: tensors}}]", 0), 10);
  EXPECT_EQ(count("[{global_top_k: {fraction: 0.1, of: tensors}}]", 100), 10);
}

// M = Σ σ_k u_k v_kᵀ with σ = 1, ½, ¼, …, u and v columns of a cosine transform.
constexpr std::size_t kRows = 24;
constexpr std::size_t kColumns = 40;
constexpr std::size_t kRank = 8;

std::vector<float> falling_matrix() {
  const auto cosine = [](std::size_t k, std::size_t i, std::size_t n) {
    const double pi = std::acos(-1.0);
    return std::sqrt(2.0 / static_cast<double>(n)) *
           std::cos(pi * static_cast<double>(k + 1) * (static_cast<double>(i) + 0.5) / static_cast<double>(n));
  };
  std::vector<float> m(kRows * kColumns);
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t j = 0; j < kColumns; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < kRank; ++k)
        sum += std::ldexp(1.0, -static_cast<int>(k)) * cosine(k, i, kRows) * cosine(k, j, kColumns);
      m[i * kColumns + j] = static_cast<float>(sum);
    }
  return m;
}

// Σ_{k ≥ rank} σ² / Σ σ², the least that any matrix of that rank has (Eckart and Young 1936).
double least_error(std::size_t rank) {
  double all = 0;
  double left = 0;
  for (std::size_t k = 0; k < kRank; ++k) {
    all += std::ldexp(1.0, -2 * static_cast<int>(k));
    if (k >= rank) left += std::ldexp(1.0, -2 * static_cast<int>(k));
  }
  return left / all;
}

// Iterations that begin where the last one ended come to the best matrix of that rank (Vogels et al. 2019, §4.3).
TEST(PowerSgd, ComesToTheBestMatrixOfItsRank) {
  const Layout layout({{"m", {kRows, kColumns}, TensorRole::trainable}});
  const auto x = falling_matrix();
  for (std::size_t rank = 1; rank <= 4; ++rank) {
    const auto chain = codec("[{powersgd: {rank: " + std::to_string(rank) + "}}]");
    State state;
    const double first = nmse(x, decoded(*chain, layout, x, state));
    EXPECT_LT(first, 1);
    double last = 0;
    std::size_t bytes = 0;
    for (int i = 0; i < 12; ++i) last = nmse(x, decoded(*chain, layout, x, state, &bytes));
    EXPECT_NEAR(last / least_error(rank), 1, 1e-3) << rank;
    EXPECT_LE(last, first * 1.0001);
    EXPECT_LT(bytes, 4 * rank * (kRows + kColumns) + 120);
    EXPECT_EQ(chain->state_bytes(layout), 8 * rank * kColumns);
  }
}

// A matrix of lower rank leaves a column of the memory empty; later ones get it back.
TEST(PowerSgd, IsNotHeldBackByAMatrixOfLowerRank) {
  const Layout layout({{"m", {kRows, kColumns}, TensorRole::trainable}});
  std::vector<float> thin(kRows * kColumns);
  for (std::size_t i = 0; i < thin.size(); ++i) thin[i] = static_cast<float>((1 + i / kColumns) * (1 + i % kColumns));
  const auto chain = codec("[{powersgd: {rank: 3}}]");
  State state;
  EXPECT_LT(nmse(thin, decoded(*chain, layout, thin, state)), 1e-10);
  const auto x = falling_matrix();
  double last = 0;
  for (int i = 0; i < 12; ++i) last = nmse(x, decoded(*chain, layout, x, state));
  EXPECT_NEAR(last / least_error(3), 1, 1e-3);
}

// Each is a float, their product is none.
TEST(PowerSgd, RefusesFactorsWhoseProductIsNotFinite) {
  const Layout layout({{"m", {kRows, kColumns}, TensorRole::trainable}});
  PowerSgd stage;
  stage.set_parameters(std::vector<std::byte>{std::byte{1}});
  const Reduced reduced{std::vector<float>(kRows + kColumns, 1e30F), {}};
  std::vector<float> out(layout.size());
  EXPECT_THROW(stage.decode(reduced, layout, out), FormatError);
}

TEST(PowerSgd, LeavesVectorsAndSmallMatricesAsTheyAre) {
  const Layout layout({{"m", {6, 2, 3}, TensorRole::trainable},
                       {"small", {2, 2}, TensorRole::trainable},
                       {"bias", {5}, TensorRole::trainable},
                       {"scalar", {}, TensorRole::trainable}});
  const auto x = laplace(layout.size());
  State state;
  const auto y = decoded(*codec("[{powersgd: {rank: 2}}]"), layout, x, state);
  for (std::size_t i = layout.offset(1); i < x.size(); ++i) EXPECT_EQ(x[i], y[i]);
  EXPECT_LT(nmse(x, y), 1);
  // Of rank 6 or less it would be exact, but factors of three columns take as much as the matrix.
  const auto z = decoded(*codec("[{powersgd: {rank: 3}}]"), layout, x, state);
  EXPECT_EQ(x, z);
}

}  // namespace
}  // namespace brume::compression
