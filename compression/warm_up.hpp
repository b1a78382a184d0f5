#pragma once

#include <optional>

#include "compression/rungs.hpp"

namespace brume::compression {

/// Deep gradient compression's warm-up (Lin et al. 2018, §3.3): while a model still changes much, its updates carry
/// more. A quarter of the elements first, then a quarter of that, and so on down to what the chain itself sends.
class WarmUp final : public Rungs {
 public:
  /// Each rung is for as many of the first `versions` of the model, but for the rest of a division; the last one, the
  /// chain itself, for all that follow. `versions` is 1 to 10^9.
  WarmUp(std::vector<std::shared_ptr<const Codec>> rungs, std::uint64_t versions);

  CodecTraits traits() const override;
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  std::size_t worst_case_bytes_of(std::uint64_t version, const Layout& layout) const override;

 private:
  std::size_t rung_of(std::uint64_t version) const;

  std::uint64_t versions_;
};

/// The stage of a chain that leaves elements of the vector out, which are zero when decoded; none if there is none.
/// Behind a stage of the whole vector elements are no longer the vector's.
std::optional<std::size_t> sparse_stage(const Stages& stages);

/// That stage sends more. Throws CodecPlanError if there is none that can, or what it sends is not below a quarter and
/// at least a millionth of a millionth.
std::vector<std::shared_ptr<const Codec>> warm_up_rungs(const Stages& stages, const MakeChain& make);

}  // namespace brume::compression
