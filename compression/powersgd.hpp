#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// PowerSGD (Vogels et al. 2019, arXiv 1905.13727, algorithm 1), for one device at a time: a tensor of m rows and n
/// columns (the first extent, and all others) becomes P = MQ, orthonormalised, and Q = MᵀP, of `rank` columns; decoded
/// it is PQᵀ, the projection of M onto P's columns, so that it is a contraction. Tensors for which that is not shorter
/// stay as they are. The Q of a device's last frame, kept in its state, begins the next one's iteration; without one it
/// is drawn from the normal distribution.
class PowerSgd final : public VectorStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 16; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.unbiased = false, .contraction = true, .stateful = true}; }
  std::vector<std::byte> parameters() const override { return {static_cast<std::byte>(rank_)}; }
  void set_parameters(std::span<const std::byte> parameters) override;

  Layout leaves(const Layout& layout) const override;
  std::size_t most_side_bytes(const Layout& /*layout*/) const override { return 0; }
  Reduced encode(std::span<const float> values, const Layout& layout, std::string_view vector, Stream& stream,
                 State& state) const override;
  void decode(const Reduced& reduced, const Layout& layout, std::span<float> out) const override;
  std::size_t state_bytes(const Layout& layout) const override;

 private:
  std::int64_t rank_ = 2;
};

}  // namespace brume::compression
