#include "compression/rungs.hpp"

#include <algorithm>
#include <cassert>

#include "brume/error.hpp"
#include "compression/container.hpp"

namespace brume::compression {

Rungs::Rungs(std::vector<std::shared_ptr<const Codec>> rungs) : rungs_(std::move(rungs)) {
  assert(!rungs_.empty() && rungs_.size() <= kMost);
}

std::size_t Rungs::worst_case_bytes_by(std::size_t rung, const Layout& layout) const {
  return kContainerHeadBytes + 1 + rungs_[rung]->worst_case_bytes(layout);
}

std::size_t Rungs::worst_case_bytes(const Layout& layout) const {
  std::size_t most = 0;
  for (std::size_t rung = 0; rung < count(); ++rung) most = std::max(most, worst_case_bytes_by(rung, layout));
  return most;
}

Bytes Rungs::encode_by(std::size_t rung, std::span<const float> values, const Layout& layout,
                       const FrameContext& context, Stream stream, State& state) const {
  ByteWriter out;
  put_container_head(ContainerKind::rate, out);
  out.u8(static_cast<std::uint8_t>(rung));
  out.append(*rungs_[rung]->encode(values, layout, context, stream, state));
  return out.take();
}

FrameContext Rungs::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  ByteReader reader(frame);
  take_container_head(ContainerKind::rate, reader);
  const std::size_t rung = reader.u8();
  if (rung >= rungs_.size()) throw FormatError("a frame is from a rung that its ladder does not have");
  return rungs_[rung]->decode(reader.rest(), layout, out);
}

}  // namespace brume::compression
