#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Entropy-constrained trellis-coded quantisation (Marcellin and Fischer 1990; Fischer and Wang 1992) as dependent
/// quantisation with eight states (trellis.hpp): the path is chosen for the least squared error plus λΔ² a bit. Values
/// are put back where those of their symbol lie on average, sent as six small numbers a block. Biased, a contraction;
/// or, with `unbiased`, behind a random rotation and scaled by ‖x‖² / ⟨x, x̂⟩ as EDEN is, which makes an error d one of
/// 1/(1 − d) − 1. To be followed by `entropy`, which codes each symbol by its quantiser.
class Tcq final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 13; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override {
    return {.unbiased = unbiased_,
            .contraction = !unbiased_,
            .shared_randomness = unbiased_,
            .coarse = unbiased_ && step_ > 1.5};
  }
  std::vector<std::byte> parameters() const override { return {std::byte{unbiased_}}; }
  void set_parameters(std::span<const std::byte> parameters) override;
  std::shared_ptr<const Stage> scaled(double times) const override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void set_contexts(Block& block) const override { block.in_trellis = true; }
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  double step_ = 1;  // the decoder need not know these
  double lambda_ = 0.36;
  bool unbiased_ = false;
};

}  // namespace brume::compression
