#include "compression/sign.hpp"

#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"

namespace brume::compression {

void Sign::declare(Options& options) {
  options.word({"scale", "of the signs: their block's mean magnitude, or one for votes"}, scale_, {"mean", "one"});
}

std::vector<std::byte> Sign::parameters() const {
  if (votes()) return {std::byte{1}};
  return {};
}

void Sign::set_parameters(std::span<const std::byte> parameters) {
  const bool one = parameters.size() == 1 && parameters[0] == std::byte{1};
  if (!parameters.empty() && !one) throw FormatError("stage 'sign' has invalid parameters");
  scale_ = one ? "one" : "mean";
}

// In a vote nobody speaks for zeros: a coin does.
void Sign::encode(Block& block, Stream& stream, State& /*state*/) const {
  require_finite(block.values);
  double sum = 0;
  block.symbols.clear();
  block.symbols.reserve(block.values.size());
  block.symbol_bits = 1;
  for (const float value : block.values) {
    sum += std::fabs(static_cast<double>(value));
    const bool negative = votes() && value == 0 ? (stream.next() & 1) != 0 : value < 0;
    block.symbols.push_back(negative ? -1 : 0);
  }
  if (votes()) return;
  put_scale(block.side,
            block.values.empty() ? 0.0F : static_cast<float>(sum / static_cast<double>(block.values.size())));
}

void Sign::decode(Block& block) const {
  const float scale = votes() ? 1.0F : take_scale(block.side);
  block.values.resize(block.symbols.size());
  for (std::size_t i = 0; i < block.symbols.size(); ++i) block.values[i] = block.symbols[i] == 0 ? scale : -scale;
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Sign::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + (votes() ? 0 : sizeof(float)), before.values, 1, before.varies};
}

}  // namespace brume::compression
