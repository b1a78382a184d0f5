#include "compression/chain.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "brume/error.hpp"
#include "compression/none.hpp"
#include "compression/quantize.hpp"
#include "core/crc32c.hpp"
#include "core/sha256.hpp"

namespace brume::compression {
namespace {

std::shared_ptr<const Stage> quantize(int bits) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(bits));
  writer.u16(256);
  auto stage = std::make_shared<Quantize>();
  stage->set_parameters(writer.bytes());
  return stage;
}

LayoutPointer layout_of(std::int64_t size) {
  return std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {size}, TensorRole::trainable}});
}

std::vector<float> example(std::size_t size) {
  Stream stream(9, Purpose::plugin);
  std::vector<float> x(size);
  for (float& value : x) value = static_cast<float>(stream.normal());
  return x;
}

Frame encode(const Chain& chain, const Layout& layout) {
  State none;
  FrameContext context;
  context.base.fill(7);
  return chain.encode(example(layout.size()), layout, context, Stream(1, Purpose::uplink), none);
}

TEST(Chain, WithoutStagesIsLossless) {
  for (const auto& chain : {Chain({}), Chain({std::make_shared<None>()})})
    for (const std::int64_t size : {1, 100, 32768, 32769, 70000}) {
      const auto layout = layout_of(size);
      const auto frame = encode(chain, *layout);
      EXPECT_EQ(frame->size(), chain.worst_case_bytes(*layout));
      std::vector<float> out(layout->size());
      const auto context = chain.decode(*frame, *layout, out);
      EXPECT_EQ(out, example(layout->size()));
      EXPECT_EQ(context.base[0], 7);
    }
}

TEST(Chain, QuantisedFramesHaveTheSizeThatTheirBitsSay) {
  const auto layout = layout_of(65536);
  for (int bits = 1; bits <= 16; ++bits) {
    const Chain chain({quantize(bits)});
    const auto frame = encode(chain, *layout);
    const double per_element = 8.0 * static_cast<double>(frame->size()) / 65536;
    EXPECT_NEAR(per_element, bits + 8.0 / 256, 0.02);
    std::vector<float> out(layout->size());
    chain.decode(*frame, *layout, out);
  }
}

TEST(Chain, TheSameStreamGivesTheSameBytes) {
  const Chain chain({quantize(3)});
  const auto layout = layout_of(1000);
  EXPECT_EQ(*encode(chain, *layout), *encode(chain, *layout));
}

TEST(Chain, EveryFlippedBitIsFound) {
  const Chain chain({quantize(4)});
  const auto layout = layout_of(600);
  const auto frame = encode(chain, *layout);
  std::vector<float> out(layout->size());
  for (std::size_t bit = 0; bit < frame->size() * 8; ++bit) {
    auto bad = *frame;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    ASSERT_THROW(chain.decode(bad, *layout, out), FormatError) << "bit " << bit;
  }
}

TEST(Chain, EveryTruncationAndEveryByteTooManyIsFound) {
  const Chain chain({quantize(4)});
  const auto layout = layout_of(600);
  auto frame = *encode(chain, *layout);
  std::vector<float> out(layout->size());
  for (std::size_t size = 0; size < frame.size(); ++size)
    ASSERT_THROW(chain.decode(std::span(frame).first(size), *layout, out), FormatError);
  frame.push_back({});
  EXPECT_THROW(chain.decode(frame, *layout, out), FormatError);
}

// Writes a field of the header and repairs its CRC, as an attacker would.
Bytes forge(Bytes frame, std::size_t at, std::span<const std::byte> value) {
  std::copy(value.begin(), value.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
  std::uint16_t length = 0;
  std::memcpy(&length, frame.data() + 6, 2);
  const auto crc = crc32c(std::span(frame).first(length - 4U));
  std::memcpy(frame.data() + length - 4, &crc, 4);
  return frame;
}

TEST(Chain, RefusesForgedHeadersBeforeAllocating) {
  const Chain chain({quantize(4)});
  const auto layout = layout_of(600);
  const auto frame = *encode(chain, *layout);
  std::vector<float> out(layout->size());
  const std::uint64_t huge = std::uint64_t{1} << 60;
  const auto claims = forge(frame, 48, std::as_bytes(std::span(&huge, 1)));
  try {
    chain.decode(claims, *layout, out);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "the frame claims 1152921504606846976 elements, the layout has 600");
  }
  const std::byte other{99};
  EXPECT_THROW(chain.decode(forge(frame, 60, std::span(&other, 1)), *layout, out), FormatError);  // stage id
  EXPECT_THROW(chain.decode(forge(frame, 4, std::span(&other, 1)), *layout, out), FormatError);   // version
  EXPECT_THROW(chain.decode(forge(frame, 8, std::span(&other, 1)), *layout, out), FormatError);   // layout
}

TEST(Chain, RefusesAnotherChainAndAnotherLayout) {
  const auto layout = layout_of(600);
  const auto frame = encode(Chain({quantize(4)}), *layout);
  std::vector<float> out(layout->size());
  EXPECT_THROW(Chain({quantize(5)}).decode(*frame, *layout, out), FormatError);
  EXPECT_THROW(Chain({}).decode(*frame, *layout, out), FormatError);
  const auto renamed = std::make_shared<const Layout>(std::vector<TensorSpec>{{"v", {600}, TensorRole::trainable}});
  EXPECT_THROW(Chain({quantize(4)}).decode(*frame, *renamed, out), FormatError);
}

TEST(Chain, QuantisingTwiceIsRefused) { EXPECT_THROW(Chain({quantize(4), quantize(4)}), RequestError); }

// The format of version 1, byte for byte, for ever: a frame made from fixed numbers. What it decodes to lies on the
// grid, so that no random number decides how it is rounded: it makes the same frame again.
TEST(Chain, GoldenFrame) {
  const auto layout = layout_of(700);
  const Chain chain({quantize(4)});
  std::ifstream file(BRUME_SOURCE_DIR "/tests/golden/quantize4.frame", std::ios::binary);
  std::stringstream golden;
  golden << file.rdbuf();
  const auto expected = golden.str();
  std::vector<float> decoded(700);
  chain.decode(std::as_bytes(std::span(expected)), *layout, decoded);
  constexpr float kStep = 0x1p-4F;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    EXPECT_LT(std::fabs(decoded[i] - (static_cast<float>(i % 37) - 18.0F) / 64.0F), kStep) << i;
    EXPECT_EQ(decoded[i] / kStep, std::round(decoded[i] / kStep)) << i;
  }
  State none;
  const auto frame = chain.encode(decoded, *layout, {}, Stream(2, Purpose::uplink), none);
  ASSERT_EQ(frame->size(), expected.size());
  EXPECT_EQ(std::memcmp(frame->data(), expected.data(), expected.size()), 0);
}

}  // namespace
}  // namespace brume::compression
