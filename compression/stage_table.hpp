#pragma once

#include <cassert>

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

}  // namespace brume::compression
