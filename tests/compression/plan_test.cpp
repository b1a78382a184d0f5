// What stands around a chain in a federation file: rules by layer, a rate, momentum correction.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "compression/container.hpp"
#include "compression/layered.hpp"
#include "core/codec_plan.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

using testing::codec;
using testing::laplace;
using testing::through;
using testing::uplink;

std::vector<float> decoded(const Codec& codec, const Layout& layout, std::span<const std::byte> frame) {
  std::vector<float> y(layout.size());
  codec.decode(frame, layout, y);
  return y;
}

TEST(LayerRules, MatchNamesLikeShells) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*.bias", "conv1.bias"));
  EXPECT_TRUE(matches("conv?.*", "conv1.weight"));
  EXPECT_TRUE(matches("*a*b*", "xxaayybzz"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("*.bias", "conv1.bias2"));
  EXPECT_FALSE(matches("conv?.bias", "conv12.bias"));
  EXPECT_FALSE(matches("a*b", "ac"));
  EXPECT_FALSE(matches("", "a"));
}

const Layout kModel({{"conv.weight", {40, 9}, TensorRole::trainable},
                     {"conv.bias", {40}, TensorRole::trainable},
                     {"norm.weight", {4}, TensorRole::trainable},
                     {"head.weight", {10, 100}, TensorRole::trainable}});

TEST(LayerRules, GiveEachTensorTheChainOfTheFirstThatFits) {
  const auto codec = uplink(
      "{chain: [{quantize: {bits: 1}}], dense_below: 5, "
      "per_layer: [{match: '*.bias', codec: none}, {match: 'head.*', codec: [{quantize: {bits: 8}}, entropy]}, "
      "{match: '*', codec: [{quantize: {bits: 16}}]}]}");
  const auto x = laplace(kModel.size());
  State state;
  const auto frame = codec->encode(x, kModel, {}, Stream(1, Purpose::uplink), state);
  const auto y = decoded(*codec, kModel, *frame);
  const auto error = [&](std::size_t tensor) {
    const auto first = kModel.offset(tensor);
    const auto size = kModel.tensors()[tensor].size();
    return nmse(std::span(x).subspan(first, size), std::span(y).subspan(first, size));
  };
  EXPECT_GT(error(0), 0);
  EXPECT_LT(error(0), 1e-7);  // 16 bits: the rule for all others stands before dense_below
  EXPECT_EQ(error(1), 0);
  EXPECT_LT(error(2), 1e-7);
  EXPECT_GT(error(3), 1e-6);
  EXPECT_LT(error(3), 1e-3);
  EXPECT_LE(frame->size(), codec->worst_case_bytes(kModel));
  EXPECT_TRUE(codec->traits().unbiased);
}

TEST(LayerRules, SmallTensorsStayDense) {
  const auto codec = uplink("{chain: [sign], dense_below: 41}");
  const auto x = laplace(kModel.size());
  State state;
  const auto frame = codec->encode(x, kModel, {}, Stream(1, Purpose::uplink), state);
  const auto y = decoded(*codec, kModel, *frame);
  for (std::size_t i = kModel.offset(1); i < kModel.offset(3); ++i) EXPECT_EQ(x[i], y[i]);
  EXPECT_NE(x[0], y[0]);
  EXPECT_EQ(codec->state_bytes(kModel), 8 * (360 + 1000U));  // error feedback for the signs alone
}

TEST(LayerRules, DecodingTakesNoOtherFrame) {
  const auto codec = uplink("{chain: [entropy], dense_below: 41}");
  const auto x = laplace(kModel.size());
  State state;
  const auto frame = codec->encode(x, kModel, {}, Stream(1, Purpose::uplink), state);
  EXPECT_EQ(decoded(*codec, kModel, *frame), x);
  for (std::size_t i = 0; i < frame->size(); i += 3) {
    auto damaged = *frame;
    damaged[i] ^= std::byte{0x11};
    EXPECT_THROW(decoded(*codec, kModel, damaged), FormatError) << i;
    EXPECT_THROW(decoded(*codec, kModel, std::span(*frame).first(i)), FormatError) << i;
  }
  EXPECT_THROW(decoded(*uplink("[entropy]"), kModel, *frame), FormatError);
}

// With few symbols left a trellis's bits fall by more than a half from one rung to the next: then it is the one before,
// a step 2^(1/8) smaller, that does not fit.
bool finer_trellis_takes_more(std::span<const std::byte> frame, const std::vector<float>& x, double target) {
  const auto rung = std::to_integer<int>(frame[kContainerHeadBytes]);
  const double step = 0.1 / std::ldexp(std::exp2(-((rung - 1) % 8) / 8.0), -((rung - 1) / 8));
  return through(*codec(fmt::format("[{{tcq: {{step: {}}}}}, entropy]", step)), x).bits > target;
}

// Every frame takes no more than the target, and not so little that the next rung, 9 % more, would have fitted.
TEST(Rate, FramesComeUpToTheirTarget) {
  const Layout layout({{"w", {200'000}, TensorRole::trainable}});
  auto x = laplace(layout.size());
  for (const double target : {0.05, 0.3, 1.0, 2.5})
    for (const auto* chain : {"[{tcq: {step: 0.1}}, entropy]", "[{dither: {step: 0.05}}, entropy]",
                              "[{top_k: {fraction: 1}}, {quantize: {bits: 5}}, entropy]", "[{stc: {fraction: 0.9}}]",
                              "[{global_top_k: {fraction: 1}}, half, entropy]"}) {
      const auto codec =
          uplink("{chain: " + std::string(chain) + ", rate: {target_bits: " + std::to_string(target) + "}}");
      State state;
      const auto frame = codec->encode(x, layout, {{}, 0, "delta"}, Stream(1, Purpose::uplink), state);
      const double bits = 8.0 * static_cast<double>(frame->size()) / static_cast<double>(layout.size());
      EXPECT_LE(bits, target) << chain;
      // Of dither with steps up to 2^15.75 the sign of almost every element stays.
      if (target >= 0.5 || std::string(chain).find("dither") == std::string::npos) {
        const bool trellis = std::string(chain).find("tcq") != std::string::npos;
        EXPECT_TRUE(bits >= 0.7 * target || (trellis && finer_trellis_takes_more(*frame, x, target)))
            << chain << ' ' << bits;
      }
      EXPECT_LE(frame->size(), codec->worst_case_bytes(layout));
      std::vector<float> y(layout.size());
      codec->decode(*frame, layout, y);
    }
}

TEST(Rate, AHostsLimitCountsToo) {
  const Layout layout({{"w", {100'000}, TensorRole::trainable}});
  const auto x = laplace(layout.size());
  const auto codec = uplink("{chain: [{ecsq: {step: 0.1}}, entropy], rate: {target_bits: 2}}");
  State state;
  const auto frame = codec->encode(x, layout, {{}, 0, "delta", 5000}, Stream(1, Purpose::uplink), state);
  EXPECT_LE(frame->size(), 5000U);
  EXPECT_GT(frame->size(), 3500U);
}

TEST(Rate, NeedsAStageThatCanSendLess) {
  EXPECT_THROW(uplink("{chain: [{eden: {bits: 2}}], rate: {target_bits: 1}}"), RequestError);
}

std::size_t sent(const Codec& codec, const std::vector<float>& x, Version version) {
  const Layout layout({{"w", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
  State state;
  const FrameContext context{{}, 0, "delta", 0, version};
  const auto frame = codec.encode(x, layout, context, Stream(1, Purpose::uplink), state);
  EXPECT_LE(frame->size(), codec.worst_case_bytes_of(version, layout));
  std::vector<float> y(x.size());
  codec.decode(*frame, layout, y);
  return x.size() - static_cast<std::size_t>(std::count(y.begin(), y.end(), 0.0F));
}

// Sparsities of 75, 93.75, 98.4375, 99.6 and 99.9 % (Lin et al. 2018, §3.3).
TEST(WarmUp, GoesDownByQuarters) {
  const auto x = laplace(64'000);
  for (const auto* chain : {"[{global_top_k: {fraction: 0.001}}]", "[{top_k: {fraction: 0.001}}, half, entropy]",
                            "[{stc: {fraction: 0.001}}]"}) {
    const auto codec = uplink("{chain: " + std::string(chain) + ", rate: {warm_up: 8}}");
    const std::array<std::size_t, 5> expected{16000, 4000, 1000, 250, 64};
    for (Version version = 0; version < 12; ++version)
      EXPECT_NEAR(static_cast<double>(sent(*codec, x, version)),
                  static_cast<double>(expected[std::min<std::size_t>(version / 2, 4)]), 1)
          << chain << ' ' << version;
  }
  EXPECT_NEAR(
      static_cast<double>(sent(*uplink("{chain: [{global_top_k: {fraction: 0.01}}], rate: {warm_up: 2}}"), x, 1)), 4000,
      1);  // three steps down in two rounds
}

TEST(WarmUp, LosesAtMostWhatItsChainDoes) {
  const auto traits =
      uplink("{chain: [{top_k: {fraction: 0.01}}], rate: {warm_up: 4}, error_feedback: false}")->traits();
  EXPECT_TRUE(traits.contraction);
  EXPECT_NEAR(traits.most_error, std::sqrt(0.99), 1e-6);
}

TEST(WarmUp, FramesOfAVersionAreBoundedByIt) {
  const auto codec = uplink(
      "{chain: [{global_top_k: {fraction: 0.01}}, half], rate: {warm_up: 6}, dense_below: 10, momentum_correction: "
      "0.5}");
  const Layout layout({{"w", {10'000}, TensorRole::trainable}, {"b", {5}, TensorRole::trainable}});
  const auto x = laplace(layout.size());
  State state;
  for (Version version = 0; version < 10; ++version) {
    const FrameContext context{{}, 0, "delta", 0, version};
    const auto size = codec->encode(x, layout, context, Stream(1, Purpose::uplink), state)->size();
    EXPECT_LE(size, codec->worst_case_bytes_of(version, layout)) << version;
    EXPECT_GT(size, codec->worst_case_bytes_of(version, layout) * 3 / 5) << version;
  }
  EXPECT_EQ(codec->worst_case_bytes_of(0, layout), codec->worst_case_bytes(layout));
  EXPECT_LT(codec->worst_case_bytes_of(2, layout), codec->worst_case_bytes_of(1, layout) / 2);
  EXPECT_EQ(codec->worst_case_bytes_of(6, layout), codec->worst_case_bytes_of(1'000'000, layout));
}

std::string refusal(const std::string& yaml) {
  try {
    uplink(yaml);
  } catch (const CodecPlanError& error) {
    return error.option() + ": " + error.what();
  }
  return "";
}

TEST(WarmUp, NeedsAChainThatLeavesMoreThanThreeQuartersOut) {
  using ::testing::HasSubstr;
  const auto with = [](const std::string& chain) { return refusal("{chain: " + chain + ", rate: {warm_up: 4}}"); };
  for (const auto* chain : {"[{ecsq: {step: 1}}, entropy]", "[qsgd]", "[]", "[powersgd, {top_k: {fraction: 0.01}}]"})
    EXPECT_THAT(with(chain), HasSubstr("rate.warm_up: warm_up goes down to a chain that leaves elements out")) << chain;
  EXPECT_THAT(with("[{top_k: {fraction: 0.25}}]"), HasSubstr("which is 0.25"));
  EXPECT_THAT(with("[{top_k: {fraction: 1.0e-13}}]"), HasSubstr("which is 1e-13"));
  for (const auto* other : {"target_bits: 1", "deadline: auto"})
    EXPECT_THAT(refusal("{chain: [{top_k: {fraction: 0.01}}], rate: {warm_up: 4, " + std::string(other) + "}}"),
                HasSubstr("neither target_bits nor deadline"));
}

// u ← m u + x, v ← v + u; the largest of v are sent, and there u and v become zero (Lin et al. 2018, algorithm 4).
TEST(MomentumCorrection, IsDeepGradientCompression) {
  constexpr std::size_t kSize = 64;
  const Layout layout({{"w", {kSize}, TensorRole::trainable}});
  const auto codec =
      uplink("{chain: [{global_top_k: {fraction: 0.0625}}], rate: {warm_up: 7}, momentum_correction: 0.75}");
  State state;
  std::vector<double> u(kSize);
  std::vector<double> v(kSize);
  Stream stream(1, Purpose::plugin);
  for (Version round = 0; round < 20; ++round) {
    std::vector<float> x(kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
      x[i] = static_cast<float>(std::round(64 * stream.normal())) / 64;
      u[i] = 0.75 * u[i] + static_cast<double>(x[i]);
      v[i] += u[i];
    }
    const auto frame = codec->encode(x, layout, {{}, 0, "delta", 0, round}, stream, state);
    std::vector<float> y(kSize);
    codec->decode(*frame, layout, y);
    int sent = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      if (y[i] == 0) continue;
      ++sent;
      EXPECT_NEAR(y[i], v[i], 1e-5);
      u[i] = v[i] = 0;
    }
    EXPECT_EQ(sent, round < 7 ? 16 : 4) << round;
  }
  EXPECT_EQ(codec->state_bytes(layout), 2 * 8 * kSize);
}

TEST(MomentumCorrection, NeedsErrorFeedback) {
  EXPECT_THROW(uplink("{chain: [qsgd], momentum_correction: 0.9}"), RequestError);
  EXPECT_THROW(uplink("{chain: [sign], momentum_correction: 0.9}"), RequestError);
  EXPECT_THROW(uplink("{chain: [powersgd, {top_k: {fraction: 0.1}}], momentum_correction: 0.9}"), RequestError);
  EXPECT_THROW(uplink("{chain: [{eden: {scale: least_error}}], momentum_correction: 0.9}"), RequestError);
  EXPECT_NO_THROW(uplink("{chain: [stc], momentum_correction: 0.9}"));
}

}  // namespace
}  // namespace brume::compression
