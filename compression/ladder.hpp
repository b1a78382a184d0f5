#pragma once

#include <functional>

#include "brume/codec.hpp"

namespace brume::compression {

/// A codec for each of some sizes of frames, the largest first. encode() takes the first one whose frame fits what it
/// may have: a number of bits an element, what the host allows (FrameContext::most_bytes), or both; if none fits, the
/// last. Frames say which one made them. Encoders whose frames have a random part use the same numbers for each.
class Ladder final : public Codec {
 public:
  /// 1 to 128 rungs with the same traits. `target_bits` above 0, or 0 for no such limit.
  Ladder(std::vector<std::shared_ptr<const Codec>> rungs, double target_bits);

  CodecTraits traits() const override;
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override;
  std::size_t state_bytes(const Layout& layout) const override { return rungs_.front()->state_bytes(layout); }
  std::size_t worst_case_bytes(const Layout& layout) const override;

 private:
  std::size_t most_bytes(std::size_t elements, const FrameContext& context) const;

  std::vector<std::shared_ptr<const Codec>> rungs_;
  double target_bits_;
};

/// Rungs of a chain: its first stage that has an option for it sends 2^(−i/8) as much on the i-th. Throws RequestError
/// if no stage has, or the chain is wrong.
std::vector<std::shared_ptr<const Codec>> rungs_of(
    const std::vector<std::shared_ptr<const Stage>>& stages,
    const std::function<std::shared_ptr<const Codec>(const std::vector<std::shared_ptr<const Stage>>&)>& make);

}  // namespace brume::compression
