#include "compression/terngrad.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

float root_mean_square(std::span<const float> values) {
  double square = 0;
  for (const double value : values) square += value * value;
  return static_cast<float>(std::sqrt(square / static_cast<double>(std::max<std::size_t>(1, values.size()))));
}

}  // namespace

void TernGrad::declare(Options& options) {
  options.number_or_none({"clip", "in root mean squares of a block"}, clip_, Range{0, 1000, true});
}

void TernGrad::set_parameters(std::span<const std::byte> parameters) {
  if (!parameters.empty()) throw FormatError("stage 'terngrad' takes no parameters");
}

void TernGrad::encode(Block& block, Stream& stream, State& /*state*/) const {
  require_finite(block.values);
  if (clip_) {
    const float most = static_cast<float>(*clip_) * root_mean_square(block.values);
    if (most > 0)
      for (float& value : block.values) value = std::clamp(value, -most, most);
  }
  float scale = 0;
  for (const float value : block.values) scale = std::max(scale, std::fabs(value));
  put_scale(block.side, scale);
  const std::size_t count = block.values.size();
  block.symbols.assign(count, 0);
  block.symbol_bits = 2;
  if (scale == 0) return;
  std::vector<std::uint32_t> words(count);
  stream.fill(words);
  for (std::size_t i = 0; i < count; ++i) {
    const double probability = std::fabs(static_cast<double>(block.values[i])) / static_cast<double>(scale);
    if (words[i] * 0x1p-32 < probability) block.symbols[i] = block.values[i] < 0 ? -1 : 1;
  }
}

void TernGrad::decode(Block& block) const {
  const float scale = take_scale(block.side);
  block.values.resize(block.symbols.size());
  for (std::size_t i = 0; i < block.symbols.size(); ++i) {
    if (std::abs(block.symbols[i]) > 1) throw FormatError("a symbol is none of −1, 0, 1");
    block.values[i] = scale * static_cast<float>(block.symbols[i]);
  }
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost TernGrad::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + sizeof(float), before.values, 2, before.varies};
}

}  // namespace brume::compression
