// Every kind of chain on awkward input, through error feedback, and by every instruction set that this machine has.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

#include "brume/error.hpp"
#include "compression/error_feedback.hpp"
#include "tests/compression/sources.hpp"
#include "tests/compression/targets.hpp"

namespace brume::compression {
namespace {

using testing::codec;
using testing::laplace;
using testing::through;

const char* const kChains[] = {"[{quantize: {bits: 4}}, entropy]",
                               "[{quantize: {bits: 7}}, entropy]",
                               "[half, entropy]",
                               "[qsgd, entropy]",
                               "[dither, entropy]",
                               "[terngrad, entropy]",
                               "[sign, entropy]",
                               "[eden]",
                               "[{eden: {bits: 3, scale: least_error}}, entropy]",
                               "[{random_k: {fraction: 0.5}}, {quantize: {bits: 8}}, entropy]",
                               "[top_k, {quantize: {bits: 6}}, entropy]",
                               "[stc]",
                               "[stc, entropy]",
                               "[ecsq, entropy]",
                               "[{ecsq: {step: 0.03}}, entropy]",
                               "[{ecsq: {step: 5}}, entropy]",
                               "[tcq, entropy]",
                               "[{tcq: {step: 9}}, entropy]",
                               "[{top_k: {fraction: 0.2}}, {tcq: {step: 0.5}}, entropy]",
                               "[{tcq: {unbiased: true}}, entropy]",
                               "[{codebook: {bits: 1}}, entropy]",
                               "[codebook]",
                               "[{global_top_k: {fraction: 0.1}}, {quantize: {bits: 6}}, entropy]",
                               "[{global_top_k: {fraction: 0.3, of: tensors}}, stc]",
                               "[powersgd, half]",
                               "[entropy]"};

// Layers of scales that differ by factors of ten, as in a model.
std::vector<float> layers(std::size_t count) {
  auto x = laplace(count);
  for (std::size_t i = 0; i < count; ++i) x[i] *= std::pow(10.0F, static_cast<float>(i / 300 % 4) - 2);
  return x;
}

std::vector<std::vector<float>> awkward(std::size_t count) {
  std::vector<std::vector<float>> all;
  for (const float scale : {0x1p-149F, 0x1p-120F, 0x1p-40F, 1.0F, 0x1p60F}) {
    auto x = laplace(count);
    for (float& value : x) value *= scale;
    all.push_back(std::move(x));
  }
  all.push_back(layers(count));
  all.emplace_back(count, 0.0F);
  all.emplace_back(count, -0.25F);
  all.emplace_back(count, 0.0F).back() = 3;
  Stream stream(3, Purpose::plugin);
  for (float& value : all.emplace_back(count)) value = static_cast<float>(2 * stream.uniform() - 1);
  return all;
}

// through() checks the size against the most that there can be, and that decoding takes what encoding made.
TEST(Chains, TakeAwkwardInput) {
  for (const auto* name : kChains) {
    const auto chain = codec(name);
    for (const std::size_t count : {1U, 2U, 3U, 7U, 8U, 15U, 16U, 17U, 33U, 100U, 4097U, 65537U})
      for (const auto& x : awkward(count))
        for (const float value : through(*chain, x).values) ASSERT_TRUE(std::isfinite(value)) << name << ' ' << count;
  }
}

// What a contractive chain leaves out arrives in the end: the mean of what is decoded comes near a constant input.
TEST(Chains, ErrorFeedbackLetsEverythingThrough) {
  for (const auto* name : kChains) {
    const auto chain = codec(name);
    if (!chain->traits().contraction) continue;
    const ErrorFeedback feedback(chain);
    for (const std::size_t count : {1U, 2U, 9U, 40U}) {
      const Layout layout({{"w", {static_cast<std::int64_t>(count)}, TensorRole::trainable}});
      auto x = laplace(count);
      State state;
      std::vector<double> sum(count);
      constexpr int kRounds = 300;
      std::vector<float> y(count);
      for (int round = 0; round < kRounds; ++round) {
        const auto frame =
            feedback.encode(x, layout, {}, Stream(static_cast<std::uint64_t>(round), Purpose::uplink), state);
        feedback.decode(*frame, layout, y);
        for (std::size_t i = 0; i < count; ++i) sum[i] += static_cast<double>(y[i]);
      }
      double largest = 0;
      for (const float value : x) largest = std::max(largest, std::fabs(static_cast<double>(value)));
      for (std::size_t i = 0; i < count; ++i)
        EXPECT_NEAR(sum[i] / kRounds, x[i], 0.1 * largest) << name << ' ' << count << ' ' << i;
    }
  }
}

// Tables for each class of sizes: fewer bits where scales differ, and the same bits back.
TEST(Chains, TellLayersOfDifferentScalesApart) {
  const auto x = layers(60000);
  for (const auto* name : {"[{ecsq: {step: 0.3}}, entropy]", "[{tcq: {step: 0.3}}, entropy]",
                           "[{dither: {step: 1}}, entropy]", "[{quantize: {bits: 8, group_size: 1024}}, entropy]"}) {
    auto mixed = x;
    Stream stream(5, Purpose::plugin);
    stream.shuffle(std::span(mixed));
    const auto apart = through(*codec(name), x);
    const auto together = through(*codec(name), mixed);
    EXPECT_LT(apart.bits, 0.8 * together.bits) << name;
    EXPECT_LT(nmse(x, apart.values), 0.2) << name;
  }
}

TEST(Chains, AreRefusedWhereErrorsWouldGrow) {
  for (const auto* name :
       {"[{random_k: {fraction: 0.1}}, ecsq, entropy]", "[top_k, {quantize: {bits: 1}}]", "[top_k, terngrad]",
        "[top_k, {qsgd: {levels: 1}}]", "[{top_k: {fraction: 0.1}}, {tcq: {unbiased: true, step: 3}}, entropy]",
        "[entropy, sign]", "[global_top_k, terngrad]", "[powersgd, {qsgd: {levels: 1}}]", "[half, global_top_k]",
        "[global_top_k, powersgd]"})
    EXPECT_THROW(codec(name), RequestError) << name;
  EXPECT_NO_THROW(codec("[random_k, terngrad]"));
}

// No vector is further from what comes back than the chain says: spikes, plateaus, layers, few elements, one group
// large.
TEST(Chains, NeverErrByMoreThanTheySay) {
  std::vector<std::vector<float>> inputs{
      layers(3000), std::vector<float>(500, 0.3F), std::vector<float>(1000), {1, 1e-3F, -1e-3F}};
  inputs[2][77] = -5;
  inputs.push_back(inputs[0]);
  for (std::size_t i = 0; i < 40; ++i) inputs.back()[1000 + i] *= 1000;
  int known = 0;
  for (const auto* name : {"[]",
                           "[entropy]",
                           "[half]",
                           "[{half: {rounding: nearest}}]",
                           "[{quantize: {bits: 8}}, entropy]",
                           "[{quantize: {bits: 4, group_size: 64}}]",
                           "[{quantize: {bits: 1}}]",
                           "[{qsgd: {bucket: 64}}, entropy]",
                           "[{dither: {step: 0.5}}, entropy]",
                           "[{dither: {step: 6}}]",
                           "[{ecsq: {step: 1}}, entropy]",
                           "[{ecsq: {step: 0.2, rounding: 0.5}}, entropy]",
                           "[sign]",
                           "[{stc: {fraction: 0.1}}]",
                           "[{top_k: {fraction: 0.1}}, {quantize: {bits: 8}}, entropy]",
                           "[{top_k: {fraction: 0.7}}]",
                           "[{global_top_k: {fraction: 0.3}}, {dither: {step: 0.3}}, entropy]",
                           "[{random_k: {fraction: 0.5}}]",
                           "[tcq, entropy]",
                           "[terngrad]",
                           "[{eden: {bits: 2}}]"}) {
    const auto chain = codec(name);
    const double most = chain->traits().most_error;
    known += std::isfinite(most) ? 1 : 0;
    for (const auto& x : inputs) EXPECT_LE(std::sqrt(nmse(x, through(*chain, x).values)), most * (1 + 1e-6)) << name;
  }
  EXPECT_EQ(known, 18);
}

// Frames and what they decode to are the same by every instruction set.
TEST(Chains, AreTheSameByEveryInstructionSet) {
  const auto x = layers(70001);
  for (const auto* name :
       {"[{ecsq: {step: 0.3}}, entropy]", "[{tcq: {step: 0.7}}, entropy]", "[{tcq: {unbiased: true}}, entropy]",
        "[{eden: {bits: 2}}]", "[{global_top_k: {fraction: 0.02}}]", "[{dither: {step: 2}}, entropy]",
        "[{quantize: {bits: 4}}]", "[{quantize: {bits: 8}}, entropy]", "[{quantize: {bits: 1}}]",
        "[{quantize: {bits: 12}}, entropy]", "[sign]", "[half]", "[{half: {format: fp16, rounding: nearest}}, entropy]",
        "[entropy]"}) {
    const auto chain = codec(name);
    const Layout layout({{"w", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
    Frame expected;
    std::vector<float> decoded(x.size());
    testing::by_every_target([&](const char* target) {
      State none;
      const auto frame = chain->encode(x, layout, {}, Stream(1, Purpose::uplink), none);
      std::vector<float> y(x.size());
      chain->decode(*frame, layout, y);
      if (!expected) {
        expected = frame;
        decoded = y;
      }
      EXPECT_EQ(*frame, *expected) << name << ' ' << target;
      EXPECT_EQ(y, decoded) << name << ' ' << target;
    });
  }
}

}  // namespace
}  // namespace brume::compression
