#pragma once

#include <string>

#include "brume/codec.hpp"

namespace brume::compression {

/// Scaled signs (Karimireddy et al. 2019, arXiv 1901.09847, algorithm 1): (‖v‖₁ / d) · sgn(v) for each block, a
/// contraction with δ = ‖v‖₁² / (d‖v‖₂²). Zeros count as positive. With `scale: one` the signs alone, ±1: votes
/// (Bernstein et al. 2019, arXiv 1810.05291), of zeros by chance.
class Sign final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 7; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override {
    CodecTraits traits{.unbiased = false, .contraction = !votes(), .coarse = votes(), .votes = votes()};
    if (!votes()) traits.most_error = 1;
    return traits;
  }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  bool votes() const { return scale_ == "one"; }
  std::string scale_ = "mean";
};

}  // namespace brume::compression
