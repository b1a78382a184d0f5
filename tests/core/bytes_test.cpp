#include "core/bytes.hpp"

#include <gtest/gtest.h>

namespace brume {
namespace {

TEST(Bytes, ReadsBackWhatWasWritten) {
  ByteWriter writer;
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u64(0x08090A0B0C0D0E0FU);
  writer.f64(-0.5);
  writer.text("brume");
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.u64(), 0x08090A0B0C0D0E0FU);
  EXPECT_EQ(reader.f64(), -0.5);
  EXPECT_EQ(reader.text(10), "brume");
  EXPECT_EQ(reader.left(), 0U);
}

TEST(Bytes, IsLittleEndian) {
  ByteWriter writer;
  writer.u16(0x0201);
  EXPECT_EQ(writer.bytes()[0], std::byte{1});
}

TEST(Bytes, NeverReadsPastTheEnd) {
  const Bytes three(3);
  EXPECT_THROW(ByteReader(three).u32(), FormatError);
  EXPECT_THROW(ByteReader(three).take(4), FormatError);
  ByteWriter writer;
  writer.u32(0xFFFFFFFF);
  EXPECT_THROW(ByteReader(writer.bytes()).text(100), FormatError);
}

}  // namespace
}  // namespace brume
