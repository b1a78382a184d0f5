#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Codes what the stages before it left, without loss: symbols of up to 8 bits as they are, wider ones and floats as
/// planes of at most 8 bits, and the side information; each plane by interleaved rANS with a table of its own
/// (rans.hpp), or packed as it is where that is no larger. The last stage of a chain. Format: compression/FRAME.md.
class Entropy final : public BlockStage {
 public:
  std::uint8_t id() const override { return 10; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.codes = true, .most_error = 0}; }
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;
};

}  // namespace brume::compression
