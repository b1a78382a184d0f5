#include "compression/quantize.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "brume/error.hpp"
#include "compression/extent.hpp"
#include "compression/quantize_kernels.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

constexpr std::int8_t kAllZero = -128;
constexpr int kLeastExponent = -126;
constexpr int kMostExponent = 126;
constexpr std::size_t kMostGroup = 4096;

// The smallest s with x ≤ top · 2^s for all positive and −x ≤ bottom · 2^s for all negative elements.
int scale_exponent(std::span<const float> x, int bits) {
  const auto [positive, negative] = reach_of(x);
  if (positive == 0 && negative == 0) return kAllZero;
  const double top = bits == 1 ? 1 : std::ldexp(1.0, bits - 1) - 1;
  const double bottom = bits == 1 ? 1 : std::ldexp(1.0, bits - 1);
  const double needed = std::max(positive / top, negative / bottom);
  int exponent = std::ilogb(needed);
  if (std::ldexp(1.0, exponent) < needed) ++exponent;
  return std::clamp(exponent, kLeastExponent, kMostExponent);
}

}  // namespace

void Quantize::declare(Options& options) {
  options.integer({"bits", "of each symbol"}, bits_, Range::between(1, 16));
  options.integer({"group_size", "elements that share a scale"}, group_size_,
                  Range::between(8, static_cast<double>(kMostGroup)));
}

// An element is off by less than Δ, which is at most twice what the largest of its group needs; by 2Δ with one bit.
CodecTraits Quantize::traits() const {
  const double steps = bits_ == 1 ? 0.5 : std::ldexp(1.0, static_cast<int>(bits_) - 1) - 1;
  return {
      .unbiased = true, .coarse = bits_ == 1, .most_error = 2 / steps * std::sqrt(static_cast<double>(group_size_))};
}

std::vector<std::byte> Quantize::parameters() const {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(bits_));
  writer.u16(static_cast<std::uint16_t>(group_size_));
  return writer.take();
}

void Quantize::set_parameters(std::span<const std::byte> parameters) {
  ByteReader reader(parameters);
  const auto bits = reader.u8();
  const auto group_size = reader.u16();
  if (bits < 1 || bits > 16 || group_size < 8 || group_size > kMostGroup || reader.left() != 0)
    throw FormatError("stage 'quantize' has invalid parameters");
  bits_ = bits;
  group_size_ = group_size;
}

std::size_t Quantize::groups(std::size_t count) const {
  const auto size = static_cast<std::size_t>(group_size_);
  return (count + size - 1) / size;
}

void Quantize::encode(Block& block, Stream& stream, State& /*state*/) const {
  const auto size = static_cast<std::size_t>(group_size_);
  const std::size_t all = block.values.size();
  block.symbols.resize(all);
  block.symbol_bits = static_cast<int>(bits_);
  // Some groups at a time; those of zeros take no random words, others no more than one for each element.
  std::array<std::uint32_t, kMostGroup> random;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before use
  const std::size_t together = kMostGroup / size * size;
  for (std::size_t first = 0; first < all; first += together) {
    const auto values = std::span(block.values).subspan(first, std::min(together, all - first));
    std::size_t needed = 0;
    for (std::size_t i = 0; i < values.size(); i += size) {
      const auto group = values.subspan(i, std::min(size, values.size() - i));
      const int exponent = scale_exponent(group, static_cast<int>(bits_));
      block.side.push_back(static_cast<std::byte>(static_cast<std::int8_t>(exponent)));
      if (exponent != kAllZero) needed += words_at_random(group.size());
    }
    const auto words = std::span(random).first(needed);
    stream.fill(words);
    quantize_groups(values, words, std::span(block.side).last((values.size() + size - 1) / size),
                    std::span(block.symbols).subspan(first, values.size()));
  }
}

void Quantize::quantize_groups(std::span<const float> values, std::span<const std::uint32_t> words,
                               std::span<const std::byte> exponents, std::span<std::int32_t> symbols) const {
  const auto size = static_cast<std::size_t>(group_size_);
  for (std::size_t first = 0; first < values.size(); first += size) {
    const auto group = values.subspan(first, std::min(size, values.size() - first));
    const auto out = symbols.subspan(first, group.size());
    const auto exponent = static_cast<std::int8_t>(exponents[first / size]);
    if (exponent == kAllZero) {
      std::fill(out.begin(), out.end(), 0);
      continue;
    }
    const double inverse = std::ldexp(1.0, -exponent);
    const auto mine = words.first(words_at_random(group.size()));
    bits_ == 1 ? sign_at_random(group, mine, inverse, out) : round_at_random(group, mine, inverse, out);
    words = words.subspan(mine.size());
  }
}

void Quantize::decode(Block& block) const {
  const auto size = static_cast<std::size_t>(group_size_);
  const std::size_t all = block.symbols.size();
  if (block.side.size() < groups(all)) throw FormatError("a block lacks a scale");
  block.values.resize(all);
  const std::size_t first_scale = block.side.size() - groups(all);
  for (std::size_t group = 0; group < groups(all); ++group) {
    const auto exponent = static_cast<std::int8_t>(block.side[first_scale + group]);
    if (exponent != kAllZero && (exponent < kLeastExponent || exponent > kMostExponent))
      throw FormatError("a scale is out of range");
    const float scale = exponent == kAllZero ? 0.0F : std::ldexp(1.0F, exponent);
    const std::size_t first = group * size;
    const std::size_t last = std::min(first + size, all);
    const auto symbols = std::span(block.symbols).subspan(first, last - first);
    const auto values = std::span(block.values).subspan(first, last - first);
    bits_ == 1 ? scale_signs(symbols, scale, values) : scale_symbols(symbols, scale, values);
    // A hostile scale can take symbol · 2^s beyond the floats; honest ones stay below 2^127.
    if (exponent > kMostExponent - static_cast<int>(bits_) &&
        std::any_of(values.begin(), values.end(), [](float v) { return !std::isfinite(v); }))
      throw FormatError("a scale is out of range");
  }
  block.side.resize(first_scale);
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Quantize::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + groups(before.values), before.values, static_cast<int>(bits_), before.varies};
}

}  // namespace brume::compression
