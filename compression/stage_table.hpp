#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
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

/// The most_error of a stage with `error` behind others with `before`. Contractions project: what is left is no longer
/// than x, and at right angles to what is lost.
inline double error_behind(double before, bool projects, double error) {
  if (before == 0) return error;
  if (!std::isfinite(before)) return before;
  if (!projects) return before + error * (1 + before);
  return error > 1 ? error : std::sqrt(before * before + error * error * (1 - before * before));
}

/// Adds what a stage, or a codec for some of the tensors, makes of the whole; but for most_error.
inline void add_traits(CodecTraits& all, const CodecTraits& own) {
  all.unbiased = all.unbiased && own.unbiased;
  all.contraction = all.contraction || own.contraction;
  all.stateful = all.stateful || own.stateful;
  all.shared_randomness = all.shared_randomness || own.shared_randomness;
  all.codes = all.codes || own.codes;
  all.coarse = all.coarse || own.coarse;
  all.votes = all.votes || own.votes;
}

}  // namespace brume::compression
