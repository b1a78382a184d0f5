#pragma once

#include <memory>
#include <vector>

#include "brume/codec.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

/// A chain of stages that work on blocks, and the frame around what they produce (compression/FRAME.md).
class Chain final : public Codec {
 public:
  /// Throws RequestError when the stages do not fit behind each other, such as two quantisers, and for a VectorStage.
  explicit Chain(const std::vector<std::shared_ptr<const Stage>>& stages);

  CodecTraits traits() const override { return traits_; }
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override;
  std::size_t worst_case_bytes(const Layout& layout) const override;

 private:
  void check_order() const;
  CodecTraits combined_traits() const;
  BlockCost cost_before_coder(std::size_t count) const;
  std::size_t most_payload_bytes(std::size_t count) const;
  std::size_t most_frame_bytes(std::size_t elements) const;
  FrameContext read_header(ByteReader& reader, std::span<const std::byte> frame, const Layout& layout) const;
  void encode_block(std::span<const float> values, Block& block, Stream& stream, State& state, ByteWriter& out) const;
  void append_payload(const Block& block, ByteWriter& out) const;
  void read_payload(std::span<const std::byte> payload, Block& block) const;
  void decode_block(ByteReader& reader, std::span<float> out, Block& block) const;

  std::vector<std::shared_ptr<const BlockStage>> stages_;
  CodecTraits traits_;
  std::vector<std::byte> stage_table_;
  bool varies_ = false;    ///< whether a frame's size depends on the values
  std::size_t block_ = 0;  ///< elements of each block but the last
};

}  // namespace brume::compression
