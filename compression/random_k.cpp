#include "compression/random_k.hpp"

#include <algorithm>
#include <numeric>

#include "brume/error.hpp"
#include "compression/share.hpp"
#include "compression/values.hpp"

namespace brume::compression {

void RandomK::declare(Options& options) {
  options.number({"fraction", "of the elements that is sent"}, fraction_, Range{0, 1, true});
}

std::vector<std::byte> RandomK::parameters() const { return fraction_parameters(fraction_); }

void RandomK::set_parameters(std::span<const std::byte> parameters) {
  fraction_ = fraction_from(parameters, "random_k");
}

std::vector<std::uint32_t> RandomK::positions(const Block& block) const {
  auto shared = shared_stream(block, id());
  std::vector<std::uint32_t> positions(block.count);
  std::iota(positions.begin(), positions.end(), 0U);
  const std::size_t kept = share_of(fraction_, block.count);
  for (std::size_t i = 0; i < kept; ++i) std::swap(positions[i], positions[i + shared.below(block.count - i)]);
  positions.resize(kept);
  std::sort(positions.begin(), positions.end());
  return positions;
}

std::shared_ptr<const Stage> RandomK::scaled(double times) const {
  auto other = std::make_shared<RandomK>(*this);
  other->fraction_ *= times;
  return other;
}

void RandomK::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  const auto kept = positions(block);
  const auto factor = static_cast<float>(static_cast<double>(block.count) / static_cast<double>(kept.size()));
  for (std::size_t i = 0; i < kept.size(); ++i) block.values[i] = factor * block.values[kept[i]];
  block.values.resize(kept.size());
  require_finite(block.values);
}

void RandomK::decode(Block& block) const {
  const auto kept = positions(block);
  if (block.values.size() != kept.size()) throw FormatError("a block has a wrong number of values");
  std::vector<float> values(block.count);
  for (std::size_t i = 0; i < kept.size(); ++i) values[kept[i]] = block.values[i];
  block.values = std::move(values);
}

BlockStage::Cost RandomK::cost(std::size_t count, Cost before) const {
  return {before.side_bytes, share_of(fraction_, count), before.symbol_bits, before.varies};
}

}  // namespace brume::compression
