#pragma once

#include <string>

#include "brume/codec.hpp"

namespace brume::compression {

/// 16-bit floats: IEEE 754 binary16 (`fp16`, up to 65,504) or the upper half of a float (`bf16`), rounded to the
/// nearest (ties to even) or to one of the two neighbours at random, which is unbiased.
class Half final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 3; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override;
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  /// Throws Error for what the format cannot hold.
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::string format_ = "bf16";
  std::string rounding_ = "stochastic";  // the decoder need not know
};

}  // namespace brume::compression
