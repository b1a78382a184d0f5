#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "brume/error.hpp"

namespace brume::compression {

/// Appends numbers of a few bits each to bytes, from the least significant bit of the first byte on.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}
  BitWriter(const BitWriter&) = delete;
  BitWriter& operator=(const BitWriter&) = delete;
  ~BitWriter() { assert(filled_ == 0); }

  /// `bits` ≤ 32, `value` < 2^bits.
  void put(std::uint32_t value, int bits) {
    window_ |= std::uint64_t{value} << filled_;
    for (filled_ += bits; filled_ >= 8; filled_ -= 8) {
      out_.push_back(static_cast<std::byte>(window_));
      window_ >>= 8;
    }
  }
  /// `count` ones and a zero.
  void put_unary(std::uint32_t count) {
    for (; count >= 32; count -= 32) put(0xFFFFFFFF, 32);
    put((std::uint32_t{1} << count) - 1, static_cast<int>(count) + 1);
  }
  /// Fills the last byte with zeros.
  void finish() {
    if (filled_ > 0) out_.push_back(static_cast<std::byte>(window_));
    window_ = 0;
    filled_ = 0;
  }

 private:
  std::vector<std::byte>& out_;
  std::uint64_t window_ = 0;
  int filled_ = 0;
};

/// Undoes BitWriter. Throws FormatError at the end of the bytes.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint32_t get(int bits) {
    while (filled_ < bits) {
      if (at_ == bytes_.size()) throw FormatError("a block's bits end too soon");
      window_ |= std::to_integer<std::uint64_t>(bytes_[at_++]) << filled_;
      filled_ += 8;
    }
    const auto value = static_cast<std::uint32_t>(window_ & ((std::uint64_t{1} << bits) - 1));
    window_ >>= bits;
    filled_ -= bits;
    return value;
  }
  /// Throws FormatError for more than `most` ones.
  std::uint32_t get_unary(std::uint32_t most) {
    std::uint32_t count = 0;
    while (get(1) == 1)
      if (++count > most) throw FormatError("a block's number is too long");
    return count;
  }
  /// Bytes that were read, the last one as a whole. Throws FormatError if its other bits are not zeros.
  std::size_t finish() {
    if (window_ != 0) throw FormatError("a block's bits are not filled with zeros");
    filled_ = 0;
    return at_;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::uint64_t window_ = 0;
  int filled_ = 0;
};

}  // namespace brume::compression
