#include "compression/sign.hpp"

#include "brume/error.hpp"
#include "compression/quantize_kernels.hpp"
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

void Sign::encode(Block& block, Stream& stream, State& /*state*/) const {
  block.symbols.resize(block.values.size());
  block.symbol_bits = 1;
  const auto extent = signs_of(block.values, block.symbols);
  if (!votes())
    return put_scale(block.side, block.values.empty()
                                     ? 0.0F
                                     : static_cast<float>(extent.sum / static_cast<double>(block.values.size())));
  // In a vote nobody speaks for zeros: a coin does.
  for (std::size_t i = 0; i < block.values.size(); ++i)
    if (block.values[i] == 0) block.symbols[i] = (stream.next() & 1) != 0 ? -1 : 0;
}

void Sign::decode(Block& block) const {
  const float scale = votes() ? 1.0F : take_scale(block.side);
  block.values.resize(block.symbols.size());
  scale_signs(block.symbols, scale, block.values);
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Sign::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + (votes() ? 0 : sizeof(float)), before.values, 1, before.varies};
}

}  // namespace brume::compression
