#include "compression/half.hpp"

#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/half_kernels.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;
constexpr std::uint32_t kMostHalf = 0x7BFF;  // 65,504
constexpr std::uint32_t kLeastNormal = 113;  // a float's biased exponent for 2^−14

// Up with the probability of what is dropped: of the lower 13 bits, or of what is between multiples of 2^−24.
std::uint32_t to_fp16_at_random(float value, std::uint32_t word) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & kMagnitude;
  const auto small = [&] {
    const double steps = static_cast<double>(std::bit_cast<float>(magnitude)) * 0x1p24;
    return static_cast<std::uint32_t>(steps + word * 0x1p-32);
  };
  // Rebiasing the exponent after the rounding lets a mantissa's carry run into it.
  const auto normal = [&] { return ((magnitude + (word & 0x1FFF)) >> 13) - ((kLeastNormal - 1) << 10); };
  return (bits >> 16 & 0x8000) | (magnitude >> 23 >= kLeastNormal ? normal() : small());
}

bool to_fp16_at_random(std::span<const float> values, std::span<const std::uint32_t> words,
                       std::span<std::int32_t> halves) {
  bool held = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto half = to_fp16_at_random(values[i], words[i]);
    held = held && (half & 0x7FFF) <= kMostHalf;
    halves[i] = static_cast<std::int16_t>(half);
  }
  return held;
}

}  // namespace

void Half::declare(Options& options) {
  options.word({"format", "of the 16 bits"}, format_, {"fp16", "bf16"});
  options.word({"rounding", "to the nearest, or at random to one of the two neighbours"}, rounding_,
               {"nearest", "stochastic"});
}

// Eight significant bits of bf16; fp16 has steps of 2^−24 for small values, whatever their size.
CodecTraits Half::traits() const {
  const bool nearest = rounding_ == "nearest";
  CodecTraits traits{.unbiased = !nearest};
  if (format_ == "bf16") traits.most_error = nearest ? 0x1p-8 : 0x1p-7;
  return traits;
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
  if (format_ == "bf16") return to_bf16(block.values, words, block.symbols);
  const bool held =
      words.empty() ? to_fp16(block.values, block.symbols) : to_fp16_at_random(block.values, words, block.symbols);
  if (!held) throw Error("an update holds values beyond the 65,504 of fp16; use bf16");
}

void Half::decode(Block& block) const {
  block.values.resize(block.symbols.size());
  const bool finite =
      format_ == "bf16" ? from_bf16(block.symbols, block.values) : from_fp16(block.symbols, block.values);
  if (!finite) throw FormatError("a value is not finite");
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Half::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes, before.values, 16, before.varies};
}

}  // namespace brume::compression
