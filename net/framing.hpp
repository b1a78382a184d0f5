#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/bytes.hpp"

// Frames on a connection: one byte of kind, three bytes of length, then so many bytes. PROTOCOL.md, "Frames".
namespace brume::net {

enum class FrameKind : std::uint8_t {
  envelope = 0,  ///< one Envelope
  whole = 1,     ///< u32 length of an Envelope, it, the frames behind it
  chunk = 2,     ///< u64 key of a transfer, u64 offset, bytes
};

inline constexpr std::size_t kFrameHeader = 4;
inline constexpr std::size_t kFullFrame = 16'384;  ///< a TLS record: chunks and whole messages are not larger
inline constexpr std::size_t kChunkHeader = 16;
inline constexpr std::size_t kChunk = kFullFrame - kFrameHeader - kChunkHeader;
inline constexpr std::size_t kMostBeforeWelcome = 4096;  ///< payload of a frame before both ends know each other
inline constexpr std::size_t kMostPayload = 1 << 20;

struct FrameView {
  FrameKind kind = FrameKind::envelope;
  std::span<const std::byte> payload;
};

void append_frame_header(FrameKind kind, std::size_t payload, Bytes& out);
void append_envelope(std::string_view envelope, Bytes& out);

/// Cuts a stream of bytes into frames. Holds what is incomplete, and nothing between frames.
class FrameParser {
 public:
  explicit FrameParser(std::size_t most_payload) : most_(most_payload) {}
  void set_most(std::size_t most_payload) { most_ = most_payload; }

  /// Calls `take(FrameView)` for each frame that is complete with `bytes`. Throws FormatError for an unknown kind or a
  /// frame that is too long, before it holds any of it.
  template <class Take>
  void feed(std::span<const std::byte> bytes, const Take& take) {
    if (!held_.empty()) {
      held_.insert(held_.end(), bytes.begin(), bytes.end());
      const auto used = parse(held_, take);
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(used));
      if (held_.empty()) held_ = {};
      return;
    }
    const auto used = parse(bytes, take);
    held_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
  }
  std::size_t held() const { return held_.size(); }

 private:
  template <class Take>
  std::size_t parse(std::span<const std::byte> bytes, const Take& take) const {
    std::size_t used = 0;
    FrameView frame;
    while (const auto size = next(bytes.subspan(used), frame)) {
      used += size;
      take(frame);
    }
    return used;
  }
  // Bytes of the first frame, 0 if it is incomplete.
  std::size_t next(std::span<const std::byte> bytes, FrameView& frame) const;

  std::size_t most_;
  Bytes held_;
};

}  // namespace brume::net
