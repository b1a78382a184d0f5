#include "compression/reducing.hpp"

#include <cassert>

#include "brume/error.hpp"
#include "compression/container.hpp"
#include "compression/stage_table.hpp"
#include "core/crc32c.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kNumbers = 4 + 4;  // bytes of the side information, CRC

}  // namespace

Reducing::Reducing(std::shared_ptr<const VectorStage> first, std::shared_ptr<const Codec> inner)
    : first_(std::move(first)), inner_(std::move(inner)) {
  const auto own = first_->traits();
  traits_ = inner_->traits();
  if (own.contraction && traits_.coarse)
    throw RequestError(
        "a codec chain that needs error feedback has a stage too coarse for it: give that one more bits, a smaller "
        "step or a larger share");
  traits_.most_error = error_behind(own.most_error, own.contraction, traits_.most_error);
  add_traits(traits_, own);
  ByteWriter table;
  describe_stage(*first_, table);
  stage_table_ = table.take();
}

std::size_t Reducing::head_bytes() const {
  return kContainerHeadBytes + stage_table_.size() + kFrameHashBytes + kNumbers;
}

std::size_t Reducing::worst_case_bytes(const Layout& layout) const {
  return head_bytes() + first_->most_side_bytes(layout) + inner_->worst_case_bytes(first_->leaves(layout));
}

Frame Reducing::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                       State& state) const {
  const auto reduced = first_->encode(values, layout, context.vector, stream, state);
  const auto left = first_->leaves(layout);
  assert(reduced.values.size() == left.size() && reduced.side.size() <= first_->most_side_bytes(layout));
  ByteWriter out;
  put_container_head(ContainerKind::reduced, out);
  out.append(stage_table_);
  out.append(frame_hash(layout.digest()));
  out.u32(static_cast<std::uint32_t>(reduced.side.size()));
  out.append(reduced.side);
  out.u32(crc32c(out.bytes()));
  FrameContext inner_context = context;
  inner_context.most_bytes = context.most_bytes > out.size() ? context.most_bytes - out.size() : 0;
  out.append(*inner_->encode(reduced.values, left, inner_context, stream, state));
  return std::make_shared<const Bytes>(out.take());
}

FrameContext Reducing::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  assert(out.size() == layout.size());
  if (frame.size() > worst_case_bytes(layout)) throw FormatError("the frame is larger than its layout allows");
  ByteReader reader(frame);
  take_container_head(ContainerKind::reduced, reader);
  if (!equal(reader.take(stage_table_.size()), stage_table_))
    throw FormatError("the frame was made by another codec chain");
  if (!equal(reader.take(kFrameHashBytes), frame_hash(layout.digest())))
    throw FormatError("the frame was made for another layout");
  const std::size_t side_bytes = reader.u32();
  if (side_bytes > first_->most_side_bytes(layout)) throw FormatError("a frame has too much side information");
  const auto side = reader.take(side_bytes);
  const auto checked = frame.first(frame.size() - reader.left());
  if (reader.u32() != crc32c(checked)) throw FormatError("a frame's side information is damaged (CRC mismatch)");
  const auto left = first_->leaves(layout);
  Reduced reduced{std::vector<float>(left.size()), {side.begin(), side.end()}};
  const auto context = inner_->decode(reader.rest(), left, reduced.values);
  first_->decode(reduced, layout, out);
  return context;
}

}  // namespace brume::compression
