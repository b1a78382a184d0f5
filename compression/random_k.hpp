#pragma once

#include <algorithm>

#include "brume/codec.hpp"

namespace brume::compression {

/// Sends ⌈fraction · n⌉ of a block's n elements, drawn without replacement by a seed that both ends know, n/k times as
/// large: unbiased sparsification (Konečný et al. 2016, arXiv 1610.05492, §3, random mask). The error is (n/k − 1)‖x‖².
/// No positions are sent.
class RandomK final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 9; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override {
    return {.unbiased = true,
            .shared_randomness = true,
            .coarse = fraction_ < 0.5,
            .most_error = std::max(1.0, 1 / fraction_ - 1)};
  }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  double share() const override { return fraction_; }
  std::shared_ptr<const Stage> scaled(double times) const override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::vector<std::uint32_t> positions(const Block& block) const;
  double fraction_ = 0.1;
};

}  // namespace brume::compression
