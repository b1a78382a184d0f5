#pragma once

#include <cmath>

#include "brume/codec.hpp"

namespace brume::compression {

/// The k = ⌈fraction · n⌉ elements of largest magnitude of the whole vector, or of each of its tensors (Lin et al.
/// 2018, Deep gradient compression, §3, takes them by layer; arXiv 1712.01887); a contraction with δ ≥ k/n. Positions
/// travel as Golomb–Rice coded gaps, the values through the stages behind this one.
class GlobalTopK final : public VectorStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 14; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override {
    return {.unbiased = false, .contraction = true, .most_error = std::sqrt(1 - fraction_)};
  }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  double share() const override { return fraction_; }
  std::shared_ptr<const Stage> scaled(double times) const override;

  Layout leaves(const Layout& layout) const override;
  std::size_t most_side_bytes(const Layout& layout) const override;
  Reduced encode(std::span<const float> values, const Layout& layout, std::string_view vector, Stream& stream,
                 State& state) const override;
  void decode(const Reduced& reduced, const Layout& layout, std::span<float> out) const override;

 private:
  std::vector<std::uint64_t> positions(std::span<const float> values, const Layout& layout) const;

  double fraction_ = 0.01;
  std::string of_ = "vector";
};

}  // namespace brume::compression
