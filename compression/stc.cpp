#include "compression/stc.hpp"

#include <cmath>

#include "brume/error.hpp"
#include "compression/golomb.hpp"
#include "compression/largest.hpp"
#include "compression/share.hpp"
#include "compression/values.hpp"

namespace brume::compression {

void Stc::declare(Options& options) {
  options.number({"fraction", "of the elements that is sent"}, fraction_, Range{0, 1, true});
}

std::vector<std::byte> Stc::parameters() const { return fraction_parameters(fraction_); }

void Stc::set_parameters(std::span<const std::byte> parameters) { fraction_ = fraction_from(parameters, "stc"); }

std::shared_ptr<const Stage> Stc::scaled(double times) const {
  auto other = std::make_shared<Stc>(*this);
  other->fraction_ *= times;
  return other;
}

void Stc::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  require_finite(block.values);
  const auto kept = largest(block.values, share_of(fraction_, block.count));
  double sum = 0;
  for (const auto position : kept) sum += std::fabs(static_cast<double>(block.values[position]));
  const int low_bits = golomb_bits(kept.size(), block.count);
  BitWriter out(block.side);
  std::uint32_t next = 0;
  for (const auto position : kept) {
    write_gap(out, position - next, low_bits);
    out.put(block.values[position] < 0 ? 1 : 0, 1);
    next = position + 1;
  }
  out.finish();
  put_scale(block.side, static_cast<float>(sum / static_cast<double>(kept.size())));
  block.values.clear();
}

void Stc::decode(Block& block) const {
  const float mean = take_scale(block.side);
  const std::size_t taken = share_of(fraction_, block.count);
  const int low_bits = golomb_bits(taken, block.count);
  block.values.assign(block.count, 0);
  BitReader in(block.side);
  std::size_t next = 0;
  for (std::size_t i = 0; i < taken; ++i) {
    if (next >= block.count) throw FormatError("a position is beyond its block");
    next += read_gap(in, static_cast<std::uint32_t>(block.count - 1 - next), low_bits);
    block.values[next++] = in.get(1) == 1 ? -mean : mean;
  }
  if (in.finish() != block.side.size()) throw FormatError("a block has more positions than values");
  block.side.clear();
}

BlockStage::Cost Stc::cost(std::size_t count, Cost before) const {
  const std::size_t taken = share_of(fraction_, count);
  const std::size_t bits = most_gap_bits(taken, count) + taken;
  return {before.side_bytes + (bits + 7) / 8 + sizeof(float), 0, before.symbol_bits, true};
}

}  // namespace brume::compression
