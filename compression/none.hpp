#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Sends float32 as it is.
class None : public BlockStage {
 public:
  std::uint8_t id() const override { return 0; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.most_error = 0}; }
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& /*block*/, Stream& /*stream*/, State& /*state*/) const override {}
  void decode(Block& /*block*/) const override {}
  Cost cost(std::size_t /*count*/, Cost before) const override { return before; }
};

}  // namespace brume::compression
