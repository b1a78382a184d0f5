#pragma once

#include <optional>

#include "brume/codec.hpp"

namespace brume::compression {

/// TernGrad (Wen et al. 2017, arXiv 1705.07878, eq. 1–3 and §3.2): values clipped at `clip` root mean squares, then s
/// · sgn(g) · Bernoulli(|g| / s) with s the largest magnitude of a block. Unbiased where nothing is clipped.
class TernGrad final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 6; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.unbiased = !clip_, .coarse = true}; }
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::optional<double> clip_ = 2.5;  // the decoder need not know
};

}  // namespace brume::compression
