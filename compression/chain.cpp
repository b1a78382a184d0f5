#include "compression/chain.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "brume/error.hpp"
#include "compression/stage_table.hpp"
#include "core/bit_packing.hpp"
#include "core/crc32c.hpp"

namespace brume::compression {

namespace {

constexpr std::array<std::byte, 4> kMagic{std::byte{'B'}, std::byte{'R'}, std::byte{'F'}, std::byte{'R'}};
constexpr std::uint8_t kFixedSizes = 1;    // version of frames whose size follows from their elements
constexpr std::uint8_t kVaryingSizes = 2;  // of those whose size depends on the values
constexpr std::size_t kFixedHeaderBytes = 4 + 1 + 1 + 2 + 2 * kFrameHashBytes + 8 + 8 + 4;
constexpr std::size_t kFixedBlock = 32768;
constexpr std::size_t kVaryingBlock = 65536;  // tables and ends of coded symbols cost less in larger blocks
constexpr std::size_t kBlockOverhead = 4 + 4 + 4;
constexpr std::size_t kMostStages = 16;
constexpr std::size_t kMostVarint = 5;  // bytes of a number below 2^32
constexpr int kFloat = BlockCost{}.symbol_bits;

}  // namespace

Chain::Chain(const std::vector<std::shared_ptr<const Stage>>& stages) {
  if (stages.size() > kMostStages) throw RequestError("a codec chain has at most 16 stages");
  ByteWriter table;
  for (const auto& stage : stages) {
    auto block_stage = std::dynamic_pointer_cast<const BlockStage>(stage);
    if (!block_stage) throw RequestError("a codec stage that needs the whole vector is the first of its chain");
    stages_.push_back(std::move(block_stage));
    describe_stage(*stage, table);
  }
  check_order();
  traits_ = combined_traits();
  stage_table_ = table.take();
  varies_ = traits_.codes || cost_before_coder(kFixedBlock).varies;
  block_ = varies_ ? kVaryingBlock : kFixedBlock;
}

// Values are left out at most once, then quantised at most once, then coded. What kind a stage is shows where it costs
// something.
void Chain::check_order() const {
  constexpr std::size_t kSome = kFixedBlock;
  bool sparse = false;
  bool coded = false;
  bool contraction = false;
  bool coarse = false;
  std::size_t side_bytes = 0;
  int bits = kFloat;
  for (const auto& stage : stages_) {
    const auto alone = stage->cost(kSome, {0, kSome});
    const bool codes = stage->traits().codes;
    const bool sparsifies = alone.values < kSome && !codes;
    const bool quantises = alone.symbol_bits != kFloat;
    if (alone.symbol_bits < 1 || alone.symbol_bits > kFloat || alone.values > kSome)
      throw RequestError("a codec stage costs more than its block can hold");
    if (coded) throw RequestError("nothing follows an entropy coder in a codec chain; put it last");
    if (quantises && bits != kFloat) throw RequestError("a codec chain quantises twice; keep one of the stages");
    if (sparsifies && bits != kFloat)
      throw RequestError("a codec chain leaves values out after it quantised them; turn the stages round");
    if (sparsifies && sparse) throw RequestError("a codec chain leaves values out twice; keep one of the stages");
    if (alone.varies && !codes && side_bytes > 0)
      throw RequestError(
          "a codec stage whose size varies stands behind one that leaves something beside the values; "
          "put it first");
    side_bytes += codes ? 0 : alone.side_bytes;
    contraction = contraction || stage->traits().contraction;
    coarse = coarse || stage->traits().coarse;
    sparse = sparse || sparsifies;
    coded = coded || codes;
    if (quantises) bits = alone.symbol_bits;
  }
  // Errors as large as the values would grow with each round of error feedback.
  if (contraction && coarse)
    throw RequestError(
        "a codec chain that needs error feedback has a stage too coarse for it: give that one more bits, a "
        "smaller step or a larger share");
}

CodecTraits Chain::combined_traits() const {
  CodecTraits traits{.most_error = 0};
  for (const auto& stage : stages_) {
    const auto own = stage->traits();
    traits.most_error = error_behind(traits.most_error, traits.contraction, own.most_error);
    add_traits(traits, own);
  }
  return traits;
}

BlockCost Chain::cost_before_coder(std::size_t count) const {
  BlockCost cost{0, count};
  for (const auto& stage : stages_)
    if (!stage->traits().codes) cost = stage->cost(count, cost);
  return cost;
}

std::size_t Chain::most_payload_bytes(std::size_t count) const {
  const auto needed = cost_before_coder(count);
  if (traits_.codes) return stages_.back()->cost(count, needed).side_bytes;
  return (needed.varies ? kMostVarint : 0) + needed.side_bytes + packed_bytes(needed.values, needed.symbol_bits);
}

std::size_t Chain::most_frame_bytes(std::size_t elements) const {
  const std::size_t whole = elements / block_;
  const std::size_t rest = elements % block_;
  std::size_t bytes =
      kFixedHeaderBytes + stage_table_.size() + 4 + whole * (most_payload_bytes(block_) + kBlockOverhead);
  if (rest > 0) bytes += most_payload_bytes(rest) + kBlockOverhead;
  return bytes;
}

std::size_t Chain::worst_case_bytes(const Layout& layout) const { return most_frame_bytes(layout.size()); }

void Chain::encode_block(std::span<const float> values, Block& block, Stream& stream, State& state,
                         ByteWriter& out) const {
  block.count = values.size();
  block.values.assign(values.begin(), values.end());
  block.symbols.clear();
  block.side.clear();
  block.contexts.clear();
  block.in_trellis = false;
  block.coded.clear();
  block.symbol_bits = 0;
  block.most = cost_before_coder(block.count);
  for (const auto& stage : stages_) stage->encode(block, stream, state);
  const std::size_t first = out.size();
  out.u32(static_cast<std::uint32_t>(block.count));
  out.u32(0);
  append_payload(block, out);
  out.patch_u32(first + 4, static_cast<std::uint32_t>(out.size() - first - 8));
  out.u32(crc32c(out.bytes().subspan(first)));
}

void Chain::append_payload(const Block& block, ByteWriter& out) const {
  if (traits_.codes) return out.append(block.coded);
  if (varies_) out.varint(block.side.size());
  out.append(block.side);
  if (block.symbol_bits > 0) {
    pack(block.symbols, block.symbol_bits, out.extend(packed_bytes(block.symbols.size(), block.symbol_bits)));
  } else {
    out.append(std::as_bytes(std::span(block.values)));
  }
}

Frame Chain::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                    State& state) const {
  assert(values.size() == layout.size());
  ByteWriter out;
  out.reserve(varies_ ? values.size() : most_frame_bytes(values.size()));
  out.append(kMagic);
  out.u8(varies_ ? kVaryingSizes : kFixedSizes);
  out.u8(static_cast<std::uint8_t>(stages_.size()));
  out.u16(static_cast<std::uint16_t>(kFixedHeaderBytes + stage_table_.size() + 4));
  out.append(frame_hash(layout.digest()));
  out.append(frame_hash(context.base));
  const auto seed = traits_.shared_randomness && context.seed == 0 ? stream.next64() : context.seed;
  out.u64(seed);
  out.u64(values.size());
  out.u32(static_cast<std::uint32_t>(block_));
  out.append(stage_table_);
  out.u32(crc32c(out.bytes()));
  Block block;
  block.seed = seed;
  for (std::size_t first = 0; first < values.size(); first += block_) {
    block.index = first / block_;
    encode_block(values.subspan(first, std::min(block_, values.size() - first)), block, stream, state, out);
  }
  return std::make_shared<const Bytes>(out.take());
}

FrameContext Chain::read_header(ByteReader& reader, std::span<const std::byte> frame, const Layout& layout) const {
  if (!equal(reader.take(kMagic.size()), kMagic)) throw FormatError("this is no frame (bad magic)");
  if (const auto version = reader.u8(); version != (varies_ ? kVaryingSizes : kFixedSizes))
    throw FormatError("frame version " + std::to_string(version) + " is unknown, or not that of this codec chain");
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
  if (!equal(layout_hash, frame_hash(layout.digest()))) throw FormatError("the frame was made for another layout");
  if (reader.u32() != block_) throw FormatError("the frame's block size is unknown");
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
  const std::size_t most = most_payload_bytes(block.count);
  if (varies_ ? bytes > most : bytes != most) throw FormatError("a block has a wrong number of bytes");
  const auto payload = reader.take(bytes);
  const auto crc = reader.u32();
  if (crc != crc32c(std::span(head.data(), 8 + bytes))) throw FormatError("a block is damaged (CRC mismatch)");
  block.most = cost_before_coder(block.count);
  read_payload(payload, block);
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) (*stage)->decode(block);
  if (block.values.size() != out.size() || !block.side.empty())
    throw FormatError("a block has a wrong number of values");
  std::copy(block.values.begin(), block.values.end(), out.begin());
}

void Chain::read_payload(std::span<const std::byte> payload, Block& block) const {
  block.values.clear();
  block.symbols.clear();
  block.contexts.clear();
  block.words.clear();
  block.in_trellis = false;
  block.symbol_bits = 0;
  if (traits_.codes) {
    for (const auto& stage : stages_) stage->set_contexts(block);
    block.coded.assign(payload.begin(), payload.end());
    return;
  }
  ByteReader reader(payload);
  const auto side_bytes = varies_ ? reader.varint() : block.most.side_bytes;
  const auto side = reader.take(side_bytes);
  block.side.assign(side.begin(), side.end());
  const auto symbols = reader.rest();
  if (symbols.size() != packed_bytes(block.most.values, block.most.symbol_bits))
    throw FormatError("a block has a wrong number of bytes");
  if (block.most.symbol_bits == kFloat) {
    block.values.resize(block.most.values);
    if (!symbols.empty()) std::memcpy(block.values.data(), symbols.data(), symbols.size());
    return;
  }
  if (!padding_is_zero(symbols, block.most.values, block.most.symbol_bits))
    throw FormatError("a block's last byte is not filled with zeros");
  block.symbol_bits = block.most.symbol_bits;
  block.symbols.resize(block.most.values);
  unpack(symbols, block.symbol_bits, block.symbols);
}

FrameContext Chain::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  assert(out.size() == layout.size());
  if (frame.size() > worst_case_bytes(layout)) throw FormatError("the frame is larger than its layout allows");
  ByteReader reader(frame);
  const FrameContext context = read_header(reader, frame, layout);
  Block block;
  block.seed = context.seed;
  for (std::size_t first = 0; first < out.size(); first += block_) {
    block.index = first / block_;
    decode_block(reader, out.subspan(first, std::min(block_, out.size() - first)), block);
  }
  if (reader.left() != 0) throw FormatError("bytes follow the frame's last block");
  return context;
}

}  // namespace brume::compression
