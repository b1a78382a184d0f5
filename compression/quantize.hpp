#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Uniform quantisation with stochastic rounding, unbiased: q = ⌊x/Δ + u⌋ with u uniform in [0, 1), as QSGD (Alistarh
/// et al. 2017, §3.1) with a fixed step for each group of elements. Δ is the smallest power of two that reaches the
/// group's largest element, so that exact sums of dequantised values have zero low bits. Variance of an element ≤ Δ²/4.
/// One bit sends ±Δ with P(+Δ) = (1 + x/Δ)/2.
class Quantize final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 1; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override;
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;

  /// Throws Error for values that are not finite or not below 2^126 in magnitude.
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::size_t groups(std::size_t count) const;
  /// `words` are for the groups that are not of zeros.
  void quantize_groups(std::span<const float> values, std::span<const std::uint32_t> words,
                       std::span<const std::byte> exponents, std::span<std::int32_t> symbols) const;
  std::int64_t bits_ = 8;
  std::int64_t group_size_ = 256;
};

}  // namespace brume::compression
