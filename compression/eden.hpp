#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// DRIVE and EDEN (Vargaftik et al. 2021, arXiv 2105.08339; 2022, arXiv 2108.08842, algorithm 1): a block is turned by
/// signs from a shared seed and a Walsh–Hadamard transform, which makes its elements nearly normal; each goes to the
/// nearest centroid c of Lloyd and Max; the receiver scales by ‖r‖² / ⟨r, c⟩ (unbiased) or ⟨r, c⟩ / ‖c‖² (least error)
/// and turns back. DRIVE is one bit. A block is cut into powers of two, largest first, each with a scale of its own, so
/// that nothing is filled up.
class Eden final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 8; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override {
    return {.unbiased = scale_ == "unbiased", .contraction = scale_ != "unbiased", .shared_randomness = true};
  }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::int64_t bits_ = 1;
  std::string scale_ = "unbiased";  // the decoder need not know
};

}  // namespace brume::compression
