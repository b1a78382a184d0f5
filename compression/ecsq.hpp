#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Entropy-constrained scalar quantisation (Sullivan 1996): multiples of Δ with a wider zone around zero, k =
/// sgn(x)·⌊|x|/Δ + rounding⌋ with rounding below a half; values are put back where those of their symbol lie on
/// average, sent as three small numbers a block. Biased, a contraction. To be followed by `entropy`. Half a decibel
/// behind `tcq`, and faster.
class Ecsq final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 12; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  std::shared_ptr<const Stage> scaled(double times) const override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  double step_ = 1;  // the decoder need not know these
  double rounding_ = 0.45;
};

}  // namespace brume::compression
