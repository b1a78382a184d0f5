#pragma once

#include <cmath>

#include "brume/codec.hpp"

namespace brume::compression {

/// QSGD (Alistarh et al. 2017, arXiv 1610.02132, §3.1): per bucket ‖v‖₂ · sgn(v) · ξ / s with ξ the stochastic rounding
/// of s·|v| / ‖v‖₂. Unbiased; variance ≤ min(d/s², √d/s)·‖v‖². By default s = √d of the bucket.
class Qsgd final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 4; }
  std::uint8_t version() const override { return 1; }
  /// An element is off by less than one of `levels` parts of its bucket's norm.
  CodecTraits traits() const override {
    return {.unbiased = true,
            .coarse = bucket_ > levels() * levels(),
            .most_error = std::sqrt(static_cast<double>(bucket_)) / static_cast<double>(levels())};
  }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::int64_t levels() const;
  int symbol_bits() const;
  std::int64_t levels_ = 0;  // 0: √bucket
  std::int64_t bucket_ = 1024;
};

}  // namespace brume::compression
