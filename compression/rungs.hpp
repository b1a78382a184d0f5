#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "brume/codec.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

using Stages = std::vector<std::shared_ptr<const Stage>>;
using MakeChain = std::function<std::shared_ptr<const Codec>(const Stages&)>;

/// A codec for each of some sizes of frames, the largest first; frames say which one made them.
class Rungs : public Codec {
 public:
  static constexpr std::size_t kMost = 128;

  CodecTraits traits() const override { return rungs_.front()->traits(); }
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override;
  std::size_t state_bytes(const Layout& layout) const override { return rungs_.front()->state_bytes(layout); }
  std::size_t worst_case_bytes(const Layout& layout) const override;

 protected:
  /// 1 to kMost, with the same traits but for their errors.
  explicit Rungs(std::vector<std::shared_ptr<const Codec>> rungs);

  std::size_t count() const { return rungs_.size(); }
  const Codec& last() const { return *rungs_.back(); }
  std::size_t worst_case_bytes_by(std::size_t rung, const Layout& layout) const;
  Bytes encode_by(std::size_t rung, std::span<const float> values, const Layout& layout, const FrameContext& context,
                  Stream stream, State& state) const;

 private:
  std::vector<std::shared_ptr<const Codec>> rungs_;
};

}  // namespace brume::compression
