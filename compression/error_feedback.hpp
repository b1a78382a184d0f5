#pragma once

#include <memory>

#include "brume/codec.hpp"

namespace brume::compression {

/// Error feedback around a contractive codec (Seide et al. 2014; Karimireddy et al. 2019, algorithm 1): what a frame
/// leaves out is added to the next one: a = x + e, m = C(a), e ← a − decode(m).
///
/// x, e and what is decoded lie on one integer grid of 2⁻³⁶, so that e + decode(m) = x + e_before holds to the bit,
/// over any number of losses and refusals. 2⁻³⁶ is finer than float32 for |x| ≥ 2⁻¹². A residual beyond ± 2²⁵
/// ends its task with an error. The state is "residual/<vector>", a stock as Codec describes it.
class ErrorFeedback final : public Codec {
 public:
  explicit ErrorFeedback(std::shared_ptr<const Codec> inner) : inner_(std::move(inner)) {}

  CodecTraits traits() const override { return {.unbiased = false, .contraction = false, .stateful = true}; }
  /// Throws Error for values that are not finite or not below 2²⁴ in magnitude, and for such a residual.
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override;
  void fold_back(std::span<const std::byte> frame, const Layout& layout, std::string_view vector,
                 State& state) const override;
  std::size_t state_bytes(const Layout& layout) const override {
    return layout.size() * sizeof(std::int64_t) + inner_->state_bytes(layout);
  }
  std::size_t worst_case_bytes(const Layout& layout) const override { return inner_->worst_case_bytes(layout); }
  std::size_t worst_case_bytes_of(std::uint64_t version, const Layout& layout) const override {
    return inner_->worst_case_bytes_of(version, layout);
  }

 private:
  std::shared_ptr<const Codec> inner_;
};

}  // namespace brume::compression
