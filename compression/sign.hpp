#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Scaled signs (Karimireddy et al. 2019, arXiv 1901.09847, algorithm 1): (‖v‖₁ / d) · sgn(v) for each block, a
/// contraction with δ = ‖v‖₁² / (d‖v‖₂²). Zeros count as positive.
class Sign final : public Stage {
 public:
  std::uint8_t id() const override { return 7; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.unbiased = false, .contraction = true}; }
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;
};

}  // namespace brume::compression
