#pragma once

#include <algorithm>
#include <cassert>
#include <span>

#include "brume/codec.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

/// What a frame's header says of a stage (compression/FRAME.md): id, version, its own parameters.
inline void describe_stage(const Stage& stage, ByteWriter& out) {
  const auto parameters = stage.parameters();
  assert(parameters.size() <= 255);
  out.u8(stage.id());
  out.u8(stage.version());
  out.u8(static_cast<std::uint8_t>(parameters.size()));
  out.append(parameters);
}

/// As much of a digest as a frame carries.
inline std::span<const std::byte> frame_hash(const Digest& digest) {
  return std::as_bytes(std::span(digest)).first(kFrameHashBytes);
}

inline bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace brume::compression
