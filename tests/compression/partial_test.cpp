// The frames of aggregates: exact packing, sums, kept updates.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "brume/aggregate.hpp"
#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "core/crc32c.hpp"
#include "core/exact_packing.hpp"
#include "core/sha256.hpp"

namespace brume {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 62;

Bytes packed(const std::vector<std::int64_t>& values) {
  ByteWriter out;
  pack_exactly(values, out);
  return out.take();
}

std::vector<std::int64_t> unpacked(std::span<const std::byte> bytes, std::size_t count) {
  std::vector<std::int64_t> values(count, -1);
  ByteReader in(bytes);
  unpack_exactly(in, values);
  EXPECT_EQ(in.left(), 0U);
  return values;
}

TEST(ExactPacking, IsLosslessForEveryMagnitudeAndFactor) {
  Stream stream(1, Purpose::plugin);
  for (int i = 0; i < 3000; ++i) {
    const int bits = 1 + static_cast<int>(stream.below(62));
    const auto factor = static_cast<std::int64_t>(1 + stream.below(200));
    std::vector<std::int64_t> values(1 + stream.below(600));
    for (auto& value : values) {
      value = static_cast<std::int64_t>(stream.next64() >> (64 - bits));
      value = value / factor * factor;
      if (stream.below(2) == 0) value = -value;
    }
    ASSERT_EQ(unpacked(packed(values), values.size()), values);
  }
  const std::vector<std::int64_t> edges{kLargest, -kLargest, 0, 1, -1, kLargest - 1};
  EXPECT_EQ(unpacked(packed(edges), edges.size()), edges);
  for (const std::int64_t one : {std::int64_t{0}, kLargest, -kLargest, std::int64_t{-7}})
    EXPECT_EQ(unpacked(packed({one}), 1), std::vector<std::int64_t>{one});
}

TEST(ExactPacking, TakesTheBitsThatAreNeeded) {
  std::vector<std::int64_t> values(256);
  EXPECT_EQ(packed(values).size(), 1U);
  // 4-bit symbols of a common scale and a common weight of 60
  Stream stream(2, Purpose::plugin);
  for (auto& value : values) value = (static_cast<std::int64_t>(stream.below(16)) - 8) * 60 * (std::int64_t{1} << 30);
  EXPECT_LE(packed(values).size(), 256U / 2 + 4);
}

TEST(ExactPacking, HostileBytesAreRefusedOrRead) {
  Stream stream(3, Purpose::plugin);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(stream.below(400));
    for (auto& byte : bytes) byte = static_cast<std::byte>(stream.next());
    std::vector<std::int64_t> values(1 + stream.below(300));
    ByteReader in(bytes);
    try {
      unpack_exactly(in, values);
      for (const auto value : values) ASSERT_LE(std::abs(value), kLargest);
    } catch (const FormatError&) {
    }
  }
}

const LayoutPointer kLayout =
    std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {700}, TensorRole::trainable}});
const std::vector<VectorSpec> kVectors{{"delta", kLayout}, {"control", kLayout}};
const std::vector<std::string> kScalars{"steps"};

Contribution contribution(DeviceIndex device) {
  Stream stream(device, Purpose::plugin, 7);
  Contribution one{
      {3, device, 0}, 10.0 + static_cast<double>(device), {}, {{"steps", 5.0 + static_cast<double>(device)}}};
  for (const auto& spec : kVectors) {
    one.vectors.push_back({spec.name, kLayout, FloatVector(700)});
    for (float& value : one.vectors.back().values) value = static_cast<float>(stream.normal());
  }
  return one;
}

template <class Make>
void expect_merge_survives_the_wire(Make make) {
  auto whole = make();
  auto left = make();
  auto right = make();
  for (DeviceIndex device = 0; device < 9; ++device) {
    const auto one = contribution(device);
    EXPECT_EQ(whole->add(one), AddOutcome::added);
    EXPECT_EQ((device % 2 == 0 ? left : right)->add(one), AddOutcome::added);
  }
  auto sent = make();
  sent->decode(*right->encode(nullptr, Stream(1, Purpose::fog_uplink)), nullptr);
  EXPECT_EQ(left->merge(*sent), AddOutcome::added);
  EXPECT_EQ(left->contributions(), 9U);
  const Stream stream(1, Purpose::fog_uplink);
  EXPECT_EQ(*left->encode(nullptr, stream), *whole->encode(nullptr, stream));
  auto empty = make();
  auto also_empty = make();
  also_empty->decode(*empty->encode(nullptr, stream), nullptr);
  EXPECT_EQ(also_empty->contributions(), 0U);
}

std::unique_ptr<WeightedSums> sums() {
  return std::make_unique<WeightedSums>(kVectors, kScalars, ExactFormat::for_contributions(9));
}

TEST(WeightedSums, AreTheSameOverTheWire) { expect_merge_survives_the_wire(sums); }

TEST(KeptUpdates, AreTheSameOverTheWire) {
  expect_merge_survives_the_wire([] { return std::make_unique<KeptUpdates>(kVectors, kScalars, 9); });
}

TEST(KeptUpdates, KeepEachTaskOnceAndNoMoreThanAskedFor) {
  KeptUpdates kept(kVectors, kScalars, 2);
  EXPECT_EQ(kept.add(contribution(1)), AddOutcome::added);
  EXPECT_EQ(kept.add(contribution(1)), AddOutcome::full);
  auto bad = contribution(2);
  bad.vectors[1].values[5] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(kept.add(bad), AddOutcome::not_finite);
  EXPECT_EQ(kept.add(contribution(2)), AddOutcome::added);
  EXPECT_EQ(kept.add(contribution(3)), AddOutcome::full);
  auto renamed = contribution(4);
  renamed.vectors[0].name = "other";
  EXPECT_THROW((void)kept.add(renamed), FormatError);
}

// The format is a promise: what one version wrote, every later one reads.
TEST(WeightedSums, TheFormatStaysAsItIs) {
  WeightedSums small(
      {{"delta", std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {3}, TensorRole::trainable}})}}, {},
      {8, 4});
  EXPECT_EQ(small.add({{1, 1, 0}, 2, {{"delta", nullptr, {1, -2, 0.5}}}, {}}), AddOutcome::added);
  const auto frame = small.encode(nullptr, Stream(1, Purpose::fog_uplink));
  EXPECT_EQ(to_hex(std::span(reinterpret_cast<const std::uint8_t*>(frame->data()), frame->size())),
            "425250410100080000000400000000000000010000000000000000020000000000000308016200"
            "ac5b2f8a");
}

// Flipped bits are found by the CRC; frames with a valid CRC and anything else inside are refused or read, never more.
TEST(WeightedSums, HostileFramesAreRefusedOrRead) {
  auto one = sums();
  EXPECT_EQ(one->add(contribution(1)), AddOutcome::added);
  const auto frame = *one->encode(nullptr, Stream(1, Purpose::fog_uplink));
  Stream stream(4, Purpose::plugin);
  std::size_t read = 0;
  for (int i = 0; i < 5000; ++i) {
    Bytes bytes(frame.begin(), frame.end() - 4);
    if (stream.below(4) == 0) bytes.resize(stream.below(bytes.size()));
    for (std::uint64_t flips = 1 + stream.below(4); flips > 0 && !bytes.empty(); --flips)
      bytes[stream.below(std::min<std::size_t>(bytes.size(), 80))] ^= static_cast<std::byte>(1U << stream.below(8));
    const bool repaired = stream.below(2) == 0;
    const auto crc = crc32c(bytes) ^ (repaired ? 0 : 1);
    ByteWriter out;
    out.append(bytes);
    out.u32(crc);
    auto target = sums();
    try {
      target->decode(out.bytes(), nullptr);
      EXPECT_TRUE(repaired);
      ++read;
      auto rest = sums();  // whatever was accepted cannot overflow what it is merged with
      (void)rest->merge(*target);
    } catch (const FormatError&) {
    }
  }
  EXPECT_GT(read, 0U);
}

TEST(WeightedSums, ALossyPartIsCloseAndKeepsItsWeight) {
  const compression::Chain plain(std::vector<std::shared_ptr<const Stage>>{});
  auto exact = sums();
  for (DeviceIndex device = 0; device < 5; ++device) EXPECT_EQ(exact->add(contribution(device)), AddOutcome::added);
  auto lossy = sums();
  lossy->decode(*exact->encode(&plain, Stream(1, Purpose::fog_uplink)), &plain);
  EXPECT_EQ(lossy->weight(), exact->weight());
  EXPECT_EQ(lossy->contributions(), 5U);
  std::vector<float> a(700);
  std::vector<float> b(700);
  exact->mean("control", a);
  lossy->mean("control", b);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-6);
  EXPECT_THROW(sums()->decode(*exact->encode(&plain, Stream(1, Purpose::fog_uplink)), nullptr), FormatError);
}

}  // namespace
}  // namespace brume
