#include "core/bit_packing.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "brume/random.hpp"

namespace brume {
namespace {

TEST(BitPacking, RoundTripsEveryWidth) {
  Stream stream(1, Purpose::plugin);
  for (int bits = 1; bits <= 16; ++bits)
    for (const std::size_t count : {1U, 7U, 8U, 9U, 1000U}) {
      std::vector<std::int32_t> symbols(count);
      for (auto& symbol : symbols)
        symbol = static_cast<std::int32_t>(stream.below(std::uint64_t{1} << bits)) - (1 << (bits - 1));
      std::vector<std::byte> packed(packed_bytes(count, bits));
      pack<std::int32_t>(symbols, bits, packed);
      std::vector<std::int32_t> read(count);
      unpack<std::int32_t>(packed, bits, read);
      ASSERT_EQ(read, symbols) << bits << " bits";
    }
}

TEST(BitPacking, RoundTripsWideSymbols) {
  Stream stream(2, Purpose::plugin);
  for (int bits = 1; bits <= kMostPackedBits; ++bits) {
    std::vector<std::int64_t> symbols(101);
    for (auto& symbol : symbols) symbol = static_cast<std::int64_t>(stream.next64() << (64 - bits)) >> (64 - bits);
    std::vector<std::byte> packed(packed_bytes(symbols.size(), bits));
    pack<std::int64_t>(symbols, bits, packed);
    EXPECT_TRUE(padding_is_zero(packed, symbols.size(), bits));
    std::vector<std::int64_t> read(symbols.size());
    unpack<std::int64_t>(packed, bits, read);
    ASSERT_EQ(read, symbols) << bits << " bits";
  }
}

TEST(BitPacking, StartsAtTheLeastSignificantBit) {
  const std::vector<std::int32_t> symbols{1, -2, 0};
  std::vector<std::byte> packed(2);
  pack<std::int32_t>(symbols, 4, packed);
  EXPECT_EQ(packed[0], std::byte{0xE1});
  EXPECT_EQ(packed[1], std::byte{0x00});
}

}  // namespace
}  // namespace brume
