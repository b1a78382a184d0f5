#include "core/crc32c.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "brume/random.hpp"

namespace brume {
namespace {

std::uint32_t of(std::string_view text) { return crc32c(std::as_bytes(std::span(text))); }

// RFC 3720 appendix B.4 and the usual check value.
TEST(Crc32c, MatchesPublishedValues) {
  EXPECT_EQ(of("123456789"), 0xE3069283U);
  EXPECT_EQ(of(""), 0U);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0})), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xFF})), 0x62A8AB43U);
  std::vector<std::byte> ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<std::byte>(i));
  EXPECT_EQ(crc32c(ascending), 0x46DD794EU);
}

// Bit by bit, from the polynomial alone.
std::uint32_t by_definition(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0U;
  for (const auto byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
  }
  return ~crc;
}

TEST(Crc32c, IsTheSameForEveryLengthAndAlignment) {
  Stream stream(1, Purpose::plugin);
  std::vector<std::byte> bytes(40'000);
  for (auto& byte : bytes) byte = static_cast<std::byte>(stream.next());
  for (const std::size_t length : {7U, 2047U, 6143U, 6144U, 6145U, 12'288U, 12'301U, 39'900U})
    for (const std::size_t first : {0U, 1U, 5U, 64U}) {
      const auto some = std::span(bytes).subspan(first, length);
      EXPECT_EQ(crc32c(some), by_definition(some)) << length << " bytes from " << first;
      EXPECT_EQ(crc32c(some.subspan(6), crc32c(some.first(6))), crc32c(some));
    }
}

}  // namespace
}  // namespace brume
