#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "core/crc32c.hpp"

namespace brume {

namespace repairing {

inline void seal(std::span<std::byte> frame, std::size_t first, std::size_t last) {
  const auto crc = crc32c(frame.subspan(first, last - first));
  std::memcpy(frame.data() + last, &crc, 4);
}

template <class Number>
std::size_t number_at(std::span<const std::byte> frame, std::size_t at) {
  Number number = 0;
  if (frame.size() >= at + sizeof number) std::memcpy(&number, frame.data() + at, sizeof number);
  return number;
}

}  // namespace repairing

/// Makes a frame's checksums right again, if it has one block, so that mutations reach what lies behind them; and those
/// of the frames in a container.
inline void repair_frame(std::span<std::byte> frame) {
  using namespace repairing;
  constexpr std::size_t kContainerHead = 6;
  if (frame.size() < 8) return;
  if (frame[3] == std::byte{'R'}) {
    const std::size_t header = number_at<std::uint16_t>(frame, 6);
    if (header < 8 || header > frame.size()) return;
    seal(frame, 0, header - 4);
    if (frame.size() >= header + 12) seal(frame, header, frame.size() - 4);
    return;
  }
  const auto kind = std::to_integer<int>(frame[5]);
  if (kind == 4) {  // a head with a table of its frames, and these
    const std::size_t table = kContainerHead + 1 + 8 + 32;
    const std::size_t count = number_at<std::uint32_t>(frame, table);
    const std::size_t behind = table + 4 + 12 * count;
    if (count > 100 || frame.size() < behind + 4) return;
    seal(frame, 0, behind);
    for (std::size_t i = 0, at = behind + 4; i < count; ++i) {
      const std::size_t length = number_at<std::uint32_t>(frame, table + 4 + 12 * i + 8);
      if (length > frame.size() - at) return;
      repair_frame(frame.subspan(at, length));
      at += length;
    }
    return;
  }
  if (kind == 2) return repair_frame(frame.subspan(kContainerHead + 1));
  if (kind == 3) {
    const std::size_t side = kContainerHead + 3 + number_at<std::uint8_t>(frame, kContainerHead + 2) + 16;
    const std::size_t behind = side + 4 + number_at<std::uint32_t>(frame, side);
    if (frame.size() < behind + 4) return;
    seal(frame, 0, behind);
    return repair_frame(frame.subspan(behind + 4));
  }
  for (std::size_t at = kContainerHead; at + 4 < frame.size();) {
    const std::size_t length = number_at<std::uint32_t>(frame, at);
    if (length > frame.size() - at - 4) return;
    repair_frame(frame.subspan(at + 4, length));
    at += 4 + length;
  }
}

}  // namespace brume
