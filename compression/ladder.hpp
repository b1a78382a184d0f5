#pragma once

#include "compression/rungs.hpp"

namespace brume::compression {

/// encode() takes the first rung whose frame fits what it may have: a number of bits an element, what the host allows
/// (FrameContext::most_bytes), or both; if none fits, the last. Encoders whose frames have a random part use the same
/// numbers for each.
class Ladder final : public Rungs {
 public:
  /// `target_bits` above 0, or 0 for no such limit.
  Ladder(std::vector<std::shared_ptr<const Codec>> rungs, double target_bits);

  CodecTraits traits() const override;
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;

 private:
  std::size_t most_bytes(std::size_t elements, const FrameContext& context) const;

  double target_bits_;
};

/// Rungs of a chain: its first stage that has an option for it sends 2^(−i/8) as much on the i-th. Throws RequestError
/// if no stage has, or the chain is wrong.
std::vector<std::shared_ptr<const Codec>> rungs_of(const Stages& stages, const MakeChain& make);

}  // namespace brume::compression
