#include "net/framing.hpp"

#include <fmt/format.h>

namespace brume::net {

void append_frame_header(FrameKind kind, std::size_t payload, Bytes& out) {
  out.push_back(static_cast<std::byte>(kind));
  for (int shift = 0; shift < 24; shift += 8) out.push_back(static_cast<std::byte>(payload >> shift));
}

void append_envelope(std::string_view envelope, Bytes& out) {
  append_frame_header(FrameKind::envelope, envelope.size(), out);
  const auto bytes = std::as_bytes(std::span(envelope));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::size_t FrameParser::next(std::span<const std::byte> bytes, FrameView& frame) const {
  if (bytes.empty()) return 0;
  if (bytes[0] > static_cast<std::byte>(FrameKind::chunk)) throw FormatError("a frame is of an unknown kind");
  if (bytes.size() < kFrameHeader) return 0;
  const std::size_t length = std::to_integer<std::size_t>(bytes[1]) | std::to_integer<std::size_t>(bytes[2]) << 8 |
                             std::to_integer<std::size_t>(bytes[3]) << 16;
  if (length > most_)
    throw FormatError(fmt::format("a frame of {} bytes is longer than the {} allowed", length, most_));
  if (bytes.size() - kFrameHeader < length) return 0;
  frame = {static_cast<FrameKind>(bytes[0]), bytes.subspan(kFrameHeader, length)};
  return kFrameHeader + length;
}

}  // namespace brume::net
