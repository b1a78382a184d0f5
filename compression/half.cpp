#include "compression/half.hpp"

#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;
constexpr std::uint32_t kMostHalf = 0x7BFF;  // 65,504
constexpr std::uint32_t kLeastNormal = 113;  // a float's biased exponent for 2^−14
constexpr int kSubnormal = 24;               // binary16 below 2^−14: multiples of 2^−24

// The number of a float's low bits that go, dropped so that 2^−bits · `random` (or a half, ties to even) decides.
std::uint32_t rounded(std::uint32_t bits, int dropped, const std::uint32_t* random) {
  const std::uint32_t mask = (1U << dropped) - 1;
  const std::uint32_t up = random ? *random & mask : (mask >> 1) + (bits >> dropped & 1);
  return (bits + up) >> dropped;
}

// Magnitudes below 2^−14 are counted in steps of 2^−24.
std::uint32_t subnormal(std::uint32_t magnitude, const std::uint32_t* random) {
  const double steps = std::ldexp(static_cast<double>(std::bit_cast<float>(magnitude)), kSubnormal);
  return static_cast<std::uint32_t>(random ? std::floor(steps + *random * 0x1p-32) : std::nearbyint(steps));
}

std::uint16_t to_fp16(float value, const std::uint32_t* random) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & kMagnitude;
  const bool normal = magnitude >> 23 >= kLeastNormal;
  // Rebiasing the exponent after the rounding lets a mantissa's carry run into it.
  const std::uint32_t half =
      normal ? rounded(magnitude, 13, random) - ((kLeastNormal - 1) << 10) : subnormal(magnitude, random);
  if (half > kMostHalf) throw Error("an update holds values beyond the 65,504 of fp16; use bf16");
  return static_cast<std::uint16_t>((bits >> 16 & 0x8000) | half);
}

float from_fp16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1F;
  if (exponent == 0x1F) throw FormatError("a value is not finite");
  const float magnitude = exponent > 0 ? std::bit_cast<float>(((half & 0x7FFFU) << 13) + ((kLeastNormal - 1) << 23))
                                       : static_cast<float>(half & 0x3FFU) * 0x1p-24F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
}

std::uint16_t to_bf16(float value, const std::uint32_t* random) {
  return static_cast<std::uint16_t>(rounded(std::bit_cast<std::uint32_t>(value), 16, random));
}

float from_bf16(std::uint16_t half) {
  const float value = std::bit_cast<float>(std::uint32_t{half} << 16);
  if (!std::isfinite(value)) throw FormatError("a value is not finite");
  return value;
}

}  // namespace

void Half::declare(Options& options) {
  options.word({"format", "of the 16 bits"}, format_, {"fp16", "bf16"});
  options.word({"rounding", "to the nearest, or at random to one of the two neighbours"}, rounding_,
               {"nearest", "stochastic"});
}

std::vector<std::byte> Half::parameters() const { return {std::byte{format_ == "bf16"}}; }

void Half::set_parameters(std::span<const std::byte> parameters) {
  if (parameters.size() != 1 || parameters[0] > std::byte{1}) throw FormatError("stage 'half' has invalid parameters");
  format_ = parameters[0] == std::byte{1} ? "bf16" : "fp16";
}

void Half::encode(Block& block, Stream& stream, State& /*state*/) const {
  require_finite(block.values);
  const std::size_t count = block.values.size();
  std::vector<std::uint32_t> words(rounding_ == "stochastic" ? count : 0);
  stream.fill(words);
  block.symbols.resize(count);
  block.symbol_bits = 16;
  const auto convert = format_ == "bf16" ? to_bf16 : to_fp16;
  for (std::size_t i = 0; i < count; ++i)
    block.symbols[i] = static_cast<std::int16_t>(convert(block.values[i], words.empty() ? nullptr : &words[i]));
}

void Half::decode(Block& block) const {
  block.values.resize(block.symbols.size());
  const auto convert = format_ == "bf16" ? from_bf16 : from_fp16;
  for (std::size_t i = 0; i < block.symbols.size(); ++i)
    block.values[i] = convert(static_cast<std::uint16_t>(block.symbols[i]));
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Half::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes, before.values, 16, before.varies};
}

}  // namespace brume::compression
