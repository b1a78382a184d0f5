#pragma once

#include "compression/rungs.hpp"

namespace brume::compression {

/// Deep gradient compression's warm-up (Lin et al. 2018, §3.3): while a model still changes much, its updates carry
/// more. A quarter of the elements first, then a quarter of that, and so on down to what the chain itself sends, each
/// in as many of the first rounds.
class WarmUp final : public Rungs {
 public:
  /// The last rung is the chain itself, for every model from version `rounds` on; `rounds` ≥ 1.
  WarmUp(std::vector<std::shared_ptr<const Codec>> rungs, std::uint64_t rounds);

  CodecTraits traits() const override;
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;

 private:
  std::uint64_t rounds_;
};

/// Throws RequestError if the chain leaves no elements out, or sends a quarter of them or more.
std::vector<std::shared_ptr<const Codec>> warm_up_rungs(const Stages& stages, const MakeChain& make);

/// Which share of the elements a chain sends; the others are zero when decoded.
double share_sent(const Stages& stages);

}  // namespace brume::compression
