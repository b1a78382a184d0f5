#include "compression/error_feedback.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/quantize.hpp"
#include "compression/top_k.hpp"
#include "core/bytes.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

constexpr std::size_t kSize = 24;
const LayoutPointer kLayout = std::make_shared<const Layout>(std::vector<TensorSpec>{
    {"w", {4, 4}, TensorRole::trainable}, {"v", {5}, TensorRole::trainable}, {"b", {3}, TensorRole::trainable}});

// Where the elements of these tensors lie.
std::vector<std::size_t> places_of(const std::vector<std::size_t>& tensors) {
  std::vector<std::size_t> places;
  for (const auto tensor : tensors)
    for (std::size_t i = 0; i < kLayout->tensors()[tensor].size(); ++i) places.push_back(kLayout->offset(tensor) + i);
  return places;
}

std::shared_ptr<const Codec> feedback(double fraction, int bits) {
  ByteWriter share;
  share.f64(fraction);
  auto sparse = std::make_shared<TopK>();
  sparse->set_parameters(share.bytes());
  std::vector<std::shared_ptr<const Stage>> stages{sparse};
  if (bits > 0) {
    ByteWriter width;
    width.u8(static_cast<std::uint8_t>(bits));
    width.u16(8);
    auto quantiser = std::make_shared<Quantize>();
    quantiser->set_parameters(width.bytes());
    stages.push_back(quantiser);
  }
  return std::make_shared<const ErrorFeedback>(std::make_shared<const Chain>(std::move(stages)));
}

std::int64_t on_grid(float value) { return std::llrint(std::ldexp(static_cast<double>(value), 36)); }

// One device: what it has learnt must be in what arrived or in its stock, to the bit, whatever was lost on the way.
struct Device {
  std::shared_ptr<const Codec> codec;
  State stock{};
  std::vector<std::int64_t> learnt = std::vector<std::int64_t>(kSize);
  std::vector<std::int64_t> arrived = std::vector<std::int64_t>(kSize);

  // Of the whole vector, or by rules, of which the first is for v and the last for w.
  std::vector<std::int64_t> residual() const {
    std::vector<std::int64_t> all(kSize);
    const auto add = [&](const char* key, const std::vector<std::size_t>& places) {
      if (const auto found = stock.integers.find(key); found != stock.integers.end())
        for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = found->second[i];
    };
    add("residual/delta", places_of({0, 1, 2}));
    add("residual/delta/0", places_of({1}));
    add("residual/delta/1", places_of({0, 2}));
    return all;
  }
  void check() const {
    const auto kept = residual();
    for (std::size_t i = 0; i < kSize; ++i) ASSERT_EQ(arrived[i] + kept[i], learnt[i]);
  }
};

// A task under way: it has taken the stock, and its end is open.
struct Task {
  State stock;
  Frame frame;
};

Task begin(Device& device, Stream& stream, int magnitude) {
  Task task;
  task.stock = std::exchange(device.stock, {});
  std::vector<float> x(kSize);
  for (float& value : x) value = std::ldexp(static_cast<float>(stream.normal()), magnitude);
  for (std::size_t i = 0; i < kSize; ++i) device.learnt[i] += on_grid(x[i]);
  task.frame = device.codec->encode(x, *kLayout, {{}, 0, "delta", 0, stream.below(6)}, stream, task.stock);
  return task;
}

void settle(Device& device, Task task, bool included) {
  if (included) {
    std::vector<float> out(kSize);
    device.codec->decode(*task.frame, *kLayout, out);
    for (std::size_t i = 0; i < kSize; ++i) device.arrived[i] += on_grid(out[i]);
  } else {
    device.codec->fold_back(*task.frame, *kLayout, "delta", task.stock);
  }
  device.stock.add_integers(std::move(task.stock));
}

// Chains with and without a quantiser behind top_k, and every other kind that error feedback is for.
std::shared_ptr<const Codec> any_codec(Stream& stream) {
  static const auto kOthers = [] {
    std::vector<std::shared_ptr<const Codec>> codecs;
    for (const auto* yaml :
         {"[sign]", "[{stc: {fraction: 0.2}}]", "[ecsq, entropy]", "[{tcq: {step: 2}}, entropy]",
          "[{codebook: {bits: 2}}]", "[{eden: {bits: 1, scale: least_error}}]",
          "[{global_top_k: {fraction: 0.1}}, {quantize: {bits: 6}}]", "[{powersgd: {rank: 1}}, half]",
          "{chain: [{ecsq: {step: 0.5}}, entropy], rate: {target_bits: 30}}",
          "{chain: [{powersgd: {rank: 1}}, {ecsq: {step: 0.5}}, entropy], rate: {target_bits: 40}}",
          "{chain: [{top_k: {fraction: 0.02}}, half], rate: {warm_up: 4}}",
          "{chain: [{top_k: {fraction: 0.2}}], per_layer: [{match: v, codec: [sign]}]}"})
      codecs.push_back(testing::uplink(yaml));
    return codecs;
  }();
  if (stream.below(2) == 0) return kOthers[stream.below(kOthers.size())];
  return feedback(0.1 + 0.4 * stream.uniform(), stream.below(2) == 0 ? 0 : 2 + static_cast<int>(stream.below(7)));
}

// 10⁴ histories of inclusions, losses, refusals and restarts (a task that is begun and leaves nothing), over chains
// with and without a quantiser, magnitudes from 2⁻²⁰ to 2⁸, and tasks that overlap.
TEST(ErrorFeedback, ResidualAndDecodedAreTheInputToTheBit) {
  Stream stream(11, Purpose::plugin);
  for (int history = 0; history < 10'000; ++history) {
    Device device{any_codec(stream)};
    std::vector<Task> open;
    for (std::uint64_t left = 1 + stream.below(8); left > 0; --left) {
      if (stream.below(5) == 0) {  // a restart in the middle of training: the stock is put back as it was
        const State before = device.stock;
        const auto learnt = device.learnt;
        begin(device, stream, 0);
        device.stock = before;
        device.learnt = learnt;
      }
      open.push_back(begin(device, stream, static_cast<int>(stream.below(29)) - 20));
      while (!open.empty() && stream.below(3) > 0) {
        const auto which = stream.below(open.size());
        settle(device, std::move(open[which]), stream.below(3) > 0);
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    for (auto& task : open) settle(device, std::move(task), stream.below(2) == 0);
    device.check();
    if (HasFatalFailure()) return;
  }
}

// Karimireddy et al. 2019: the mean of what is sent tends to the mean of what was learnt; without feedback it does not.
TEST(ErrorFeedback, WhatIsLeftOutArrivesLater) {
  const auto codec = feedback(0.1, 0);
  State stock;
  std::vector<double> sent(kSize);
  std::vector<float> x(kSize);
  for (std::size_t i = 0; i < kSize; ++i) x[i] = 0.1F * static_cast<float>(i + 1);
  constexpr int kRounds = 400;
  for (int round = 0; round < kRounds; ++round) {
    const auto frame = codec->encode(x, *kLayout, {{}, 0, "delta"}, Stream(1, Purpose::uplink), stock);
    std::vector<float> out(kSize);
    codec->decode(*frame, *kLayout, out);
    for (std::size_t i = 0; i < kSize; ++i) sent[i] += out[i] / kRounds;
  }
  for (std::size_t i = 0; i < kSize; ++i) EXPECT_NEAR(sent[i], x[i], 0.1);
}

// What is left out stays bounded for every width that a chain accepts; with one bit it would double with each round.
TEST(ErrorFeedback, TheResidualStaysBounded) {
  for (int bits = 2; bits <= 8; ++bits) {
    const auto codec = feedback(0.1, bits);
    State stock;
    Stream stream(static_cast<std::uint64_t>(bits), Purpose::plugin);
    for (int round = 0; round < 300; ++round) {
      std::vector<float> x(kSize);
      for (float& value : x) value = static_cast<float>(stream.normal());
      codec->encode(x, *kLayout, {{}, 0, "delta"}, stream, stock);
    }
    for (const auto kept : stock.integers.at("residual/delta"))
      EXPECT_LT(std::fabs(std::ldexp(static_cast<double>(kept), -36)), 200) << bits;
  }
  EXPECT_THROW(feedback(0.1, 1), RequestError);
}

TEST(ErrorFeedback, VectorsHaveStocksOfTheirOwn) {
  const auto codec = feedback(0.1, 0);
  State stock;
  const std::vector<float> x(kSize, 1);
  codec->encode(x, *kLayout, {{}, 0, "delta"}, Stream(1, Purpose::uplink), stock);
  codec->encode(x, *kLayout, {{}, 0, "control"}, Stream(1, Purpose::uplink), stock);
  EXPECT_EQ(stock.integers.size(), 2U);
  EXPECT_EQ(stock.bytes(), 2 * codec->state_bytes(*kLayout));
}

TEST(ErrorFeedback, RefusesWhatLeavesItsGrid) {
  const auto codec = feedback(0.5, 0);
  for (const float bad : {NAN, INFINITY, 1e9F}) {
    State stock;
    EXPECT_THROW(codec->encode(std::vector<float>(kSize, bad), *kLayout, {}, Stream(1, Purpose::uplink), stock), Error);
  }
}

}  // namespace
}  // namespace brume::compression
