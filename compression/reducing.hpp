#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// A chain that begins with a stage of the whole vector: what that leaves, a codec of its own carries.
class Reducing final : public Codec {
 public:
  /// Throws RequestError when `inner` is too coarse for what the stage leaves.
  Reducing(std::shared_ptr<const VectorStage> first, std::shared_ptr<const Codec> inner);

  CodecTraits traits() const override { return traits_; }
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override;
  std::size_t state_bytes(const Layout& layout) const override { return first_->state_bytes(layout); }
  std::size_t worst_case_bytes(const Layout& layout) const override;

 private:
  std::size_t head_bytes() const;

  std::shared_ptr<const VectorStage> first_;
  std::shared_ptr<const Codec> inner_;
  CodecTraits traits_;
  std::vector<std::byte> stage_table_;
};

}  // namespace brume::compression
