#include "compression/entropy.hpp"

#include <algorithm>
#include <bit>
#include <memory>

#include "brume/error.hpp"
#include "compression/escapes.hpp"
#include "compression/plane.hpp"
#include "compression/plane_kernels.hpp"

namespace brume::compression {

namespace {

constexpr int kFloatBits = BlockStage::Cost{}.symbol_bits;
constexpr int kByteBits = 8;
constexpr std::uint8_t kByteAndMore = 64;  // written for the bits of a symbol: a byte, and more of a few (escapes.hpp)

// The parts of a symbol, high ones first, of at most eight bits each.
struct Part {
  int shift;
  int bits;
};

std::vector<Part> parts_of(int bits) {
  std::vector<Part> parts;
  for (int left = bits; left > 0; left -= 8) parts.push_back({std::max(0, left - 8), std::min(8, left)});
  return parts;
}

// Signs are at the low end, so that the high byte is the exponent, which is what a float's bits have to give.
float restored(std::uint32_t bits) { return std::bit_cast<float>(std::rotr(bits, 1)); }

// The fewest bits that hold all symbols.
int bits_of(std::span<const std::int32_t> symbols) { return std::bit_width(all_bits(symbols)) + 1; }

// Part of each symbol, made unsigned.
void cut_part(const Block& block, int bits, Part part, std::span<std::uint8_t> plane) {
  const auto mask = static_cast<std::uint8_t>((1U << part.bits) - 1);
  bits == kFloatBits ? cut(block.values, part.shift, mask, plane)
                     : cut(block.symbols, std::uint32_t{1} << (bits - 1), part.shift, mask, plane);
}

std::span<const std::uint8_t> as_symbols(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// What is known of a symbol says little of parts of it.
SymbolContexts contexts_for(const Block& block, int bits) {
  if (bits > kByteBits) return {};
  return {block.contexts, block.in_trellis, 1U << (bits - 1)};
}

void restore_values(Block& block) {
  block.values.resize(block.symbols.size());
  for (std::size_t i = 0; i < block.values.size(); ++i)
    block.values[i] = restored(static_cast<std::uint32_t>(block.symbols[i]));
  block.symbols.clear();
}

void require_warranted(const BlockCost& most, std::uint64_t side, std::uint64_t count, int bits) {
  const bool floats = most.symbol_bits == kFloatBits;
  if (side > most.side_bytes || count > most.values ||
      (floats ? bits != kFloatBits : bits < 1 || bits > most.symbol_bits))
    throw FormatError("a block has more symbols or side information than its elements warrant");
}

void read_parts(ByteReader& in, int bits, std::size_t count, Block& block) {
  const auto room = std::make_unique_for_overwrite<std::uint8_t[]>(count);
  const std::span plane(room.get(), count);
  const std::uint32_t offset = bits == kFloatBits ? 0 : std::uint32_t{1} << (bits - 1);
  block.symbols.resize(count);
  for (const auto& part : parts_of(bits)) {
    read_plane(in, part.bits, contexts_for(block, bits), plane);
    const bool first = part.shift + part.bits == bits;
    first ? widen(plane, part.shift, offset, block.symbols) : add_part(plane, part.shift, block.symbols);
  }
}

}  // namespace

void Entropy::set_parameters(std::span<const std::byte> parameters) {
  if (!parameters.empty()) throw FormatError("stage 'entropy' takes no parameters");
}

void Entropy::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  int bits = block.symbol_bits == 0 ? kFloatBits : bits_of(block.symbols);
  const bool escapes = bits > kByteBits && bits < kFloatBits && few_are_large(block.symbols);
  ByteWriter large;
  if (escapes) {
    cut_large(block.symbols, large);
    bits = kByteBits;
  }
  const std::size_t count = bits == kFloatBits ? block.values.size() : block.symbols.size();
  ByteWriter sizes;
  if (block.most.varies) {
    sizes.varint(block.side.size());
    sizes.varint(count);
  }
  sizes.u8(escapes ? kByteAndMore : static_cast<std::uint8_t>(bits));
  block.coded.assign(sizes.bytes().begin(), sizes.bytes().end());
  write_plane(as_symbols(block.side), 8, {}, block.coded);
  const auto room = std::make_unique_for_overwrite<std::uint8_t[]>(count);
  const std::span plane(room.get(), count);
  for (const auto& part : parts_of(bits)) {
    cut_part(block, bits, part, plane);
    write_plane(plane, part.bits, contexts_for(block, bits), block.coded);
  }
  block.coded.insert(block.coded.end(), large.bytes().begin(), large.bytes().end());
  block.side.clear();
  block.symbols.clear();
  block.values.clear();
}

void Entropy::decode(Block& block) const {
  ByteReader in(block.coded);
  const auto side = block.most.varies ? in.varint() : block.most.side_bytes;
  const auto count = block.most.varies ? in.varint() : block.most.values;
  const auto written = in.u8();
  const int bits = written == kByteAndMore ? kByteBits : written;
  require_warranted(block.most, side, count, bits);
  block.side.resize(side);
  read_plane(in, 8, {}, {reinterpret_cast<std::uint8_t*>(block.side.data()), side});
  if (block.contexts.size() > count) block.contexts.resize(count);  // they were made for the most that there can be
  if (!block.contexts.empty() && block.contexts.size() != count)
    throw FormatError("a block has a wrong number of symbols");
  read_parts(in, bits, count, block);
  if (written == kByteAndMore) restore_large(block.symbols, block.most.symbol_bits, in);
  if (in.left() != 0) throw FormatError("bytes follow a block's last plane");
  block.coded.clear();
  if (bits == kFloatBits) return restore_values(block);
  block.symbol_bits = written == kByteAndMore ? block.most.symbol_bits : bits;
}

BlockStage::Cost Entropy::cost(std::size_t /*count*/, Cost before) const {
  std::size_t bytes = 2 * 5 + 1 + most_plane_bytes(before.side_bytes, 8);
  for (const auto& part : parts_of(before.symbol_bits)) bytes += most_plane_bytes(before.values, part.bits);
  return {bytes, 0, before.symbol_bits, true};
}

}  // namespace brume::compression
