#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Subtractive dither (Roberts 1962; Ziv 1985; for federated updates UVeQFed, Shlezinger et al. 2021, §III): k =
/// round(x/Δ
/// + u), x̂ = Δ(k − u) with u uniform in ±½ from a seed that both ends know. Unbiased; the error does not depend on x
/// and has variance Δ²/12. Δ is `step` times the root mean square of the block. Followed by `entropy` it takes H(k|u)
/// bits.
class Dither final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 5; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override;
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  std::shared_ptr<const Stage> scaled(double times) const override;
  void encode(Block& block, Stream& stream, State& state) const override;
  /// By |u| in eighths; where u is negative, −k stands for k, which is spread in the same way.
  void set_contexts(Block& block) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  double step_ = 1;
};

}  // namespace brume::compression
