#include "compression/chain.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "brume/error.hpp"
#include "core/bit_packing.hpp"
#include "core/crc32c.hpp"

namespace brume::compression {

namespace {

constexpr std::array<std::byte, 4> kMagic{std::byte{'B'}, std::byte{'R'}, std::byte{'F'}, std::byte{'R'}};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kFixedHeaderBytes = 4 + 1 + 1 + 2 + 2 * kFrameHashBytes + 8 + 8 + 4;
constexpr std::size_t kBlock = 32768;
constexpr std::size_t kBlockOverhead = 4 + 4 + 4;
constexpr std::size_t kMostStages = 16;

std::span<const std::byte> half(const Digest& digest) {
  return std::as_bytes(std::span(digest)).first(kFrameHashBytes);
}

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Chain::Chain(std::vector<std::shared_ptr<const Stage>> stages) : stages_(std::move(stages)) {
  if (stages_.size() > kMostStages) throw RequestError("a codec chain has at most 16 stages");
  check_order();
  stage_table_ = describe_stages();
}

// Values are left out at most once, then quantised at most once. What kind a stage is shows where it costs something.
void Chain::check_order() const {
  constexpr int kFloat = Stage::Cost{}.symbol_bits;
  bool sparse = false;
  int bits = kFloat;
  for (const auto& stage : stages_) {
    const auto alone = stage->cost(kBlock, {0, kBlock});
    const bool sparsifies = stage->traits().contraction;
    const bool quantises = alone.symbol_bits != kFloat;
    if (alone.symbol_bits < 1 || alone.symbol_bits > kFloat || alone.values > kBlock)
      throw RequestError("a codec stage costs more than its block can hold");
    if (quantises && bits != kFloat) throw RequestError("a codec chain quantises twice; keep one of the stages");
    if (sparsifies && bits != kFloat)
      throw RequestError("a codec chain leaves values out after it quantised them; turn the stages round");
    if (sparsifies && sparse) throw RequestError("a codec chain leaves values out twice; keep one of the stages");
    sparse = sparse || sparsifies;
    if (quantises) bits = alone.symbol_bits;
  }
  // ±Δ with Δ ≥ the largest leaves errors up to 2Δ, which error feedback would double with each round.
  if (sparse && bits == 1)
    throw RequestError("one bit a value is too coarse behind a stage that leaves values out; use two or more");
}

CodecTraits Chain::traits() const {
  CodecTraits traits;
  for (const auto& stage : stages_) {
    traits.unbiased = traits.unbiased && stage->traits().unbiased;
    traits.contraction = traits.contraction || stage->traits().contraction;
    traits.stateful = traits.stateful || stage->traits().stateful;
  }
  return traits;
}

std::vector<std::byte> Chain::describe_stages() const {
  ByteWriter writer;
  for (const auto& stage : stages_) {
    const auto parameters = stage->parameters();
    assert(parameters.size() <= 255);
    writer.u8(stage->id());
    writer.u8(stage->version());
    writer.u8(static_cast<std::uint8_t>(parameters.size()));
    writer.append(parameters);
  }
  return writer.take();
}

Stage::Cost Chain::cost(std::size_t count) const {
  Stage::Cost cost{0, count};
  for (const auto& stage : stages_) cost = stage->cost(count, cost);
  return cost;
}

std::size_t Chain::payload_bytes(std::size_t count) const {
  const auto needed = cost(count);
  return needed.side_bytes + packed_bytes(needed.values, needed.symbol_bits);
}

std::size_t Chain::frame_bytes(std::size_t elements) const {
  const std::size_t whole = elements / kBlock;
  const std::size_t rest = elements % kBlock;
  std::size_t bytes = kFixedHeaderBytes + stage_table_.size() + 4 + whole * (payload_bytes(kBlock) + kBlockOverhead);
  if (rest > 0) bytes += payload_bytes(rest) + kBlockOverhead;
  return bytes;
}

std::size_t Chain::worst_case_bytes(const Layout& layout) const { return frame_bytes(layout.size()); }

void Chain::encode_block(std::span<const float> values, Block& block, Stream& stream, State& state,
                         ByteWriter& out) const {
  block.count = values.size();
  block.values.assign(values.begin(), values.end());
  block.symbols.clear();
  block.side.clear();
  block.symbol_bits = 0;
  for (const auto& stage : stages_) stage->encode(block, stream, state);
  const std::size_t first = out.size();
  out.u32(static_cast<std::uint32_t>(block.count));
  out.u32(0);
  out.append(block.side);
  if (block.symbol_bits > 0) {
    pack<std::int32_t>(block.symbols, block.symbol_bits,
                       out.extend(packed_bytes(block.symbols.size(), block.symbol_bits)));
  } else {
    out.append(std::as_bytes(std::span(block.values)));
  }
  out.patch_u32(first + 4, static_cast<std::uint32_t>(out.size() - first - 8));
  out.u32(crc32c(out.bytes().subspan(first)));
}

Frame Chain::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                    State& state) const {
  assert(values.size() == layout.size());
  ByteWriter out;
  out.reserve(frame_bytes(values.size()));
  out.append(kMagic);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(stages_.size()));
  out.u16(static_cast<std::uint16_t>(kFixedHeaderBytes + stage_table_.size() + 4));
  out.append(half(layout.digest()));
  out.append(half(context.base));
  out.u64(context.seed);
  out.u64(values.size());
  out.u32(kBlock);
  out.append(stage_table_);
  out.u32(crc32c(out.bytes()));
  Block block;
  for (std::size_t first = 0; first < values.size(); first += kBlock)
    encode_block(values.subspan(first, std::min(kBlock, values.size() - first)), block, stream, state, out);
  return std::make_shared<const Bytes>(out.take());
}

FrameContext Chain::read_header(ByteReader& reader, std::span<const std::byte> frame, const Layout& layout) const {
  if (!equal(reader.take(kMagic.size()), kMagic)) throw FormatError("this is no frame (bad magic)");
  if (const auto version = reader.u8(); version != kVersion)
    throw FormatError("frame version " + std::to_string(version) + " is unknown");
  const std::size_t stages = reader.u8();
  const std::size_t length = reader.u16();
  if (length < kFixedHeaderBytes + 4 || length > frame.size())
    throw FormatError("the frame's header length is invalid");
  std::uint32_t crc = 0;
  std::memcpy(&crc, frame.data() + length - 4, 4);
  if (crc != crc32c(frame.first(length - 4))) throw FormatError("the frame's header is damaged (CRC mismatch)");
  FrameContext context;
  const auto layout_hash = reader.take(kFrameHashBytes);
  std::memcpy(context.base.data(), reader.take(kFrameHashBytes).data(), kFrameHashBytes);
  context.seed = reader.u64();
  const auto elements = reader.u64();
  if (elements != layout.size())
    throw FormatError("the frame claims " + std::to_string(elements) + " elements, the layout has " +
                      std::to_string(layout.size()));
  if (!equal(layout_hash, half(layout.digest()))) throw FormatError("the frame was made for another layout");
  if (reader.u32() != kBlock) throw FormatError("the frame's block size is unknown");
  if (length != kFixedHeaderBytes + stage_table_.size() + 4 || stages != stages_.size() ||
      !equal(reader.take(stage_table_.size()), stage_table_))
    throw FormatError("the frame was made by another codec chain");
  reader.take(4);
  return context;
}

void Chain::decode_block(ByteReader& reader, std::span<float> out, Block& block) const {
  const auto head = reader.rest().first(std::min<std::size_t>(8, reader.left()));
  block.count = reader.u32();
  const std::size_t bytes = reader.u32();
  if (block.count != out.size()) throw FormatError("a block has a wrong number of elements");
  const auto needed = cost(block.count);
  if (bytes != payload_bytes(block.count)) throw FormatError("a block has a wrong number of bytes");
  const auto payload = reader.take(bytes);
  const auto crc = reader.u32();
  if (crc != crc32c(std::span(head.data(), 8 + bytes))) throw FormatError("a block is damaged (CRC mismatch)");
  const auto side = payload.first(needed.side_bytes);
  const auto symbols = payload.subspan(needed.side_bytes);
  block.side.assign(side.begin(), side.end());
  block.symbol_bits = needed.symbol_bits;
  if (needed.symbol_bits == Stage::Cost{}.symbol_bits) {
    block.values.resize(needed.values);
    std::memcpy(block.values.data(), symbols.data(), symbols.size());
  } else {
    if (!padding_is_zero(symbols, needed.values, needed.symbol_bits))
      throw FormatError("a block's last byte is not filled with zeros");
    block.symbols.resize(needed.values);
    unpack<std::int32_t>(symbols, needed.symbol_bits, block.symbols);
  }
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) (*stage)->decode(block);
  std::copy(block.values.begin(), block.values.end(), out.begin());
}

FrameContext Chain::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  assert(out.size() == layout.size());
  if (frame.size() > worst_case_bytes(layout)) throw FormatError("the frame is larger than its layout allows");
  ByteReader reader(frame);
  const FrameContext context = read_header(reader, frame, layout);
  Block block;
  for (std::size_t first = 0; first < out.size(); first += kBlock)
    decode_block(reader, out.subspan(first, std::min(kBlock, out.size() - first)), block);
  if (reader.left() != 0) throw FormatError("bytes follow the frame's last block");
  return context;
}

}  // namespace brume::compression
