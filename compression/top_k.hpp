#pragma once

#include <cmath>

#include "brume/codec.hpp"

namespace brume::compression {

/// Keeps the elements of largest magnitude, a fixed share of each block; equal magnitudes by position. A contraction
/// with δ ≥ k/d (Stich et al. 2018, lemma A.1): it needs error feedback.
class TopK final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 2; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override {
    return {.unbiased = false, .contraction = true, .most_error = std::sqrt(1 - fraction_)};
  }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;

  double share() const override { return fraction_; }
  std::shared_ptr<const Stage> scaled(double times) const override;
  /// Throws Error for values that are not finite.
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::size_t kept(std::size_t count) const;
  double fraction_ = 0.01;
};

}  // namespace brume::compression
