// Frames that were made once decode to the same bits for ever, on every machine: tests/golden/frames.txt has a chain, a
// frame in hexadecimal and the SHA-256 of what it decodes to in each line. A line is added for a new stage
// (BRUME_WRITE_GOLDEN=1 appends those of chains that have none) and never changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "core/sha256.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

const char* const kFile = BRUME_SOURCE_DIR "/tests/golden/frames.txt";
constexpr std::size_t kElements = 300;

const char* const kChains[] = {
    "[none]",
    "[{quantize: {bits: 1}}]",
    "[{quantize: {bits: 5, group_size: 32}}, entropy]",
    "[{half: {format: fp16}}]",
    "[{half: {format: bf16}}, entropy]",
    "[{qsgd: {bucket: 100}}, entropy]",
    "[{dither: {step: 0.7}}, entropy]",
    "[terngrad, entropy]",
    "[sign]",
    "[{eden: {bits: 1}}]",
    "[{eden: {bits: 3, scale: least_error}}]",
    "[{random_k: {fraction: 0.2}}, {quantize: {bits: 4}}]",
    "[{top_k: {fraction: 0.1}}, {quantize: {bits: 6}}, entropy]",
    "[{stc: {fraction: 0.05}}]",
    "[{ecsq: {step: 0.5}}, entropy]",
    "[{tcq: {step: 0.5}}, entropy]",
    "[{tcq: {step: 0.01, unbiased: true}}, entropy]",
    "[entropy]",
    "[{sign: {scale: one}}]",
    "[{codebook: {bits: 3}}, entropy]",
    "[{global_top_k: {fraction: 0.1}}, {quantize: {bits: 5}}, entropy]",
    "[{powersgd: {rank: 2}}, {half: {format: bf16}}]",
};

// Of values whose size changes from place to place, in bursts and in layers, for what coders make of that; and so many
// that a coder has more states.
struct Source {
  const char* name;
  std::size_t count;
  std::vector<const char*> chains;
};
const std::vector<Source> kSources{
    {" of bursts",
     2000,
     {"[{ecsq: {step: 0.3}}, entropy]", "[{tcq: {step: 0.3}}, entropy]", "[{dither: {step: 1}}, entropy]"}},
    {" of layers",
     2000,
     {"[{ecsq: {step: 0.3}}, entropy]", "[{tcq: {step: 0.3}}, entropy]", "[{dither: {step: 1}}, entropy]"}},
    {" of many", 12000, {"[{ecsq: {step: 0.06}}, entropy]", "[{tcq: {step: 0.02}}, entropy]"}},
    {" of many layers", 12000, {"[{ecsq: {step: 0.03}}, entropy]", "[{tcq: {step: 0.03}}, entropy]"}},
    {" of spikes", 2000, {"[{ecsq: {step: 0.1}}, entropy]", "[{tcq: {step: 0.1}}, entropy]"}},
    {" of rectified bursts", 2000, {"[{ecsq: {step: 0.3}}, entropy]", "[{tcq: {step: 0.3}}, entropy]"}},
};

// Of a name such as "[sign] of bursts"; null for the chain alone.
const Source* source_of(const std::string& name) {
  const std::string after = name.substr(name.rfind(']') + 1);
  const auto found = std::find_if(kSources.begin(), kSources.end(), [&](const auto& one) { return after == one.name; });
  return found == kSources.end() ? nullptr : &*found;
}

std::vector<float> input(const std::string& name) {
  const auto* source = source_of(name);
  auto x = testing::laplace(source ? source->count : kElements);
  const std::string of = source ? source->name : "";
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (of == " of bursts") x[i] *= i % 23 < 6 ? 1.0F : 0.03F;
    if (of == " of spikes" && i % 400 == 7) x[i] *= 90;
    if (of == " of rectified bursts")
      x[i] = std::fabs(x[i]) * (i % 23 < 6 ? 1.0F : 0.03F) * (i % 70 < 30 ? -1.0F : 1.0F);
    if (of == " of layers") x[i] = (x[i] + 0.3F) * (i % 800 < 400 ? 1.0F : 0.05F);
    if (of == " of many layers") x[i] *= i % 6000 < 3000 ? 1.0F : 0.1F;
  }
  return x;
}

// As matrices for what knows them; others see a vector.
Layout layout(const std::string& chain) {
  if (const auto* source = source_of(chain))
    return Layout({{"w", {static_cast<std::int64_t>(source->count)}, TensorRole::trainable}});
  if (chain.find("powersgd") == std::string::npos) return Layout({{"w", {kElements}, TensorRole::trainable}});
  return Layout({{"w", {20, 3, 4}, TensorRole::trainable},
                 {"v", {5, 11}, TensorRole::trainable},
                 {"b", {5}, TensorRole::trainable}});
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    constexpr auto kDigits = "0123456789abcdef";
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::vector<std::byte> from_hex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string digest_of_decoded(const std::string& chain, const Codec& codec, std::span<const std::byte> frame) {
  const auto expected = layout(chain);
  std::vector<float> out(expected.size());
  codec.decode(frame, expected, out);
  const auto digest = sha256(std::as_bytes(std::span(out)));
  return hex(std::as_bytes(std::span(digest)));
}

struct Golden {
  std::string frame;
  std::string digest;
};

std::map<std::string, Golden> golden() {
  std::map<std::string, Golden> lines;
  std::ifstream file(kFile);
  for (std::string line; std::getline(file, line);) {
    std::istringstream parts(line);
    std::string chain;
    Golden one;
    std::getline(parts, chain, '\t');
    std::getline(parts, one.frame, '\t');
    std::getline(parts, one.digest);
    lines[chain] = one;
  }
  return lines;
}

void append(const std::string& chain, const Codec& codec) {
  State none;
  const auto frame = codec.encode(input(chain), layout(chain), {}, Stream(1, Purpose::uplink), none);
  std::ofstream(kFile, std::ios::app) << chain << '\t' << hex(*frame) << '\t' << digest_of_decoded(chain, codec, *frame)
                                      << '\n';
}

TEST(Golden, FramesDecodeToTheSameBits) {
  const bool write = std::getenv("BRUME_WRITE_GOLDEN") != nullptr;
  const auto lines = golden();
  std::vector<std::string> names(std::begin(kChains), std::end(kChains));
  for (const auto& source : kSources)
    for (const std::string chain : source.chains) names.push_back(chain + source.name);
  for (const auto& chain : names) {
    const auto codec = testing::codec(chain.substr(0, chain.rfind(']') + 1));
    const auto found = lines.find(chain);
    if (found == lines.end() && write) {
      append(chain, *codec);
      continue;
    }
    ASSERT_NE(found, lines.end()) << chain;
    EXPECT_EQ(digest_of_decoded(chain, *codec, from_hex(found->second.frame)), found->second.digest) << chain;
  }
}

}  // namespace
}  // namespace brume::compression
