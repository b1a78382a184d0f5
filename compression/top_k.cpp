#include "compression/top_k.hpp"

#include "brume/error.hpp"
#include "compression/ascending.hpp"
#include "compression/largest.hpp"
#include "compression/share.hpp"
#include "compression/values.hpp"

namespace brume::compression {

void TopK::declare(Options& options) {
  options.number({"fraction", "of the elements that is sent"}, fraction_, Range{0, 1, true});
}

std::vector<std::byte> TopK::parameters() const { return fraction_parameters(fraction_); }

void TopK::set_parameters(std::span<const std::byte> parameters) { fraction_ = fraction_from(parameters, "top_k"); }

std::size_t TopK::kept(std::size_t count) const { return share_of(fraction_, count); }

std::shared_ptr<const Stage> TopK::scaled(double times) const {
  auto other = std::make_shared<TopK>(*this);
  other->fraction_ *= times;
  return other;
}

void TopK::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  require_finite(block.values);
  const auto positions = largest(block.values, kept(block.count));
  const std::size_t before = block.side.size();
  block.side.resize(before + ascending_bytes(positions.size(), block.count));
  pack_ascending(positions, block.count, std::span(block.side).subspan(before));
  for (std::size_t i = 0; i < positions.size(); ++i) block.values[i] = block.values[positions[i]];
  block.values.resize(positions.size());
}

void TopK::decode(Block& block) const {
  const std::size_t count = kept(block.count);
  const std::size_t side = ascending_bytes(count, block.count);
  if (block.values.size() != count || block.side.size() < side)
    throw FormatError("a block has another number of values than positions");
  const auto positions = unpack_ascending(std::span(block.side).last(side), count, block.count);
  block.side.resize(block.side.size() - side);
  std::vector<float> values(block.count);
  for (std::size_t i = 0; i < count; ++i) values[positions[i]] = block.values[i];
  block.values = std::move(values);
}

BlockStage::Cost TopK::cost(std::size_t count, Cost before) const {
  return {before.side_bytes + ascending_bytes(kept(count), count), kept(count), before.symbol_bits, before.varies};
}

}  // namespace brume::compression
