#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Momentum correction with momentum factor masking (Lin et al. 2018, Deep gradient compression, §3.2, arXiv
/// 1712.01887) before a codec with error feedback: u ← m·u + x; what the codec carries of u and its residual is sent;
/// where something is, u becomes zero, and stays so
/// if the frame is folded back (what it carried is then in the residual). A device's state is "momentum/<vector>", on
/// the grid of the residuals, a stock as Codec describes it.
class MomentumCorrection final : public Codec {
 public:
  /// `momentum` in (0, 1); `inner` has error feedback.
  MomentumCorrection(std::shared_ptr<const Codec> inner, double momentum)
      : inner_(std::move(inner)), momentum_(momentum) {}

  CodecTraits traits() const override { return inner_->traits(); }
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override {
    return inner_->decode(frame, layout, out);
  }
  void fold_back(std::span<const std::byte> frame, const Layout& layout, std::string_view vector,
                 State& state) const override {
    inner_->fold_back(frame, layout, vector, state);
  }
  std::size_t state_bytes(const Layout& layout) const override {
    return layout.size() * sizeof(std::int64_t) + inner_->state_bytes(layout);
  }
  std::size_t worst_case_bytes(const Layout& layout) const override { return inner_->worst_case_bytes(layout); }
  std::size_t worst_case_bytes_of(std::uint64_t version, const Layout& layout) const override {
    return inner_->worst_case_bytes_of(version, layout);
  }

 private:
  std::shared_ptr<const Codec> inner_;
  double momentum_;
};

}  // namespace brume::compression
