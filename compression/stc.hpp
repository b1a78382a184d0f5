#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Sparse ternary compression (Sattler et al. 2019, arXiv 1903.02891, algorithms 1 to 3): of a block's n elements the k
/// = ⌈fraction · n⌉ largest become ±μ, their mean magnitude; the gaps between them are Golomb coded with b* = 1 +
/// ⌊log₂(ln(φ − 1) / ln(1 − p))⌋ low bits, φ the golden ratio, each followed by its sign. A contraction.
class Stc final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 11; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.unbiased = false, .contraction = true, .most_error = 1}; }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  double share() const override { return fraction_; }
  std::shared_ptr<const Stage> scaled(double times) const override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  double fraction_ = 0.01;
};

}  // namespace brume::compression
