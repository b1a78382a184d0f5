#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/crc32c.hpp"

namespace brume {

/// Makes a frame's checksums right again, if it has one block, so that mutations reach what lies behind them.
inline void repair_frame(std::vector<std::byte>& frame) {
  if (frame.size() < 8) return;
  std::uint16_t header = 0;
  std::memcpy(&header, frame.data() + 6, 2);
  if (header < 8 || header > frame.size()) return;
  const auto seal = [&](std::size_t first, std::size_t last) {
    const auto crc = crc32c(std::span(frame).subspan(first, last - first));
    std::memcpy(frame.data() + last, &crc, 4);
  };
  seal(0, header - 4U);
  if (frame.size() >= header + 12U) seal(header, frame.size() - 4);
}

}  // namespace brume
