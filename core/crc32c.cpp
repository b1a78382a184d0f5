#include "core/crc32c.hpp"

#include <array>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace brume {

namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
    table[byte] = crc;
  }
  return table;
}

std::uint32_t by_table(std::uint32_t crc, std::span<const std::byte> bytes) {
  static constexpr auto kTable = make_table();
  for (const auto byte : bytes) crc = kTable[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF] ^ crc >> 8;
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t crc, std::span<const std::byte> bytes) {
  std::uint64_t wide = crc;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    wide = _mm_crc32_u64(wide, word);
    bytes = bytes.subspan(8);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const auto byte : bytes) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(byte));
  return narrow;
}

constexpr std::size_t kLane = 2048;

// What a CRC becomes when so many bytes follow: linear in its bits, so a table for each of its bytes will do.
class Shift {
 public:
  explicit Shift(std::size_t bytes) {
    const std::vector<std::byte> zeros(bytes);
    for (std::size_t byte = 0; byte < 4; ++byte)
      for (std::uint32_t value = 0; value < 256; ++value)
        table_[byte][value] = by_instruction(value << 8 * byte, zeros);
  }
  std::uint32_t operator()(std::uint32_t crc) const {
    return table_[0][crc & 0xFF] ^ table_[1][crc >> 8 & 0xFF] ^ table_[2][crc >> 16 & 0xFF] ^ table_[3][crc >> 24];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> table_{};
};

// The instruction takes three cycles, but one can begin in each: three lanes at once.
__attribute__((target("sse4.2"))) std::uint32_t by_lanes(std::uint32_t crc, std::span<const std::byte> bytes) {
  static const Shift by_one(kLane);
  static const Shift by_two(2 * kLane);
  for (; bytes.size() >= 3 * kLane; bytes = bytes.subspan(3 * kLane)) {
    std::array<std::uint64_t, 3> lanes{crc, 0, 0};
    for (std::size_t at = 0; at < kLane; at += 8)
      for (std::size_t lane = 0; lane < 3; ++lane) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + lane * kLane + at, 8);
        lanes[lane] = _mm_crc32_u64(lanes[lane], word);
      }
    crc = by_two(static_cast<std::uint32_t>(lanes[0])) ^ by_one(static_cast<std::uint32_t>(lanes[1])) ^
          static_cast<std::uint32_t>(lanes[2]);
  }
  return by_instruction(crc, bytes);
}
#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ~by_lanes(~before, bytes);
#endif
  return ~by_table(~before, bytes);
}

}  // namespace brume
