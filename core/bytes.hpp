#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brume/error.hpp"

namespace brume {

using Bytes = std::vector<std::byte>;

/// Appends little-endian values to a growing byte string.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { raw(&value, 1); }
  void u16(std::uint16_t value) { raw(&value, sizeof value); }
  void u32(std::uint32_t value) { raw(&value, sizeof value); }
  void u64(std::uint64_t value) { raw(&value, sizeof value); }
  void varint(std::uint64_t value) {  ///< seven bits a byte, low ones first, as in Protobuf
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }
  void f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }
  void text(std::string_view value) {  ///< u32 length, then the bytes
    u32(static_cast<std::uint32_t>(value.size()));
    raw(value.data(), value.size());
  }
  void append(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void patch_u32(std::size_t at, std::uint32_t value) { std::memcpy(bytes_.data() + at, &value, sizeof value); }

  /// Adds `count` zero bytes and returns them to be written.
  std::span<std::byte> extend(std::size_t count) {
    bytes_.resize(bytes_.size() + count);
    return std::span(bytes_).last(count);
  }

  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  std::size_t size() const { return bytes_.size(); }
  std::span<const std::byte> bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  void raw(const void* data, std::size_t count) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + count);
  }
  Bytes bytes_;
};

/// Reads what ByteWriter wrote, from bytes that nobody vouches for: throws FormatError instead of reading past the end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return value<std::uint8_t>(); }
  std::uint16_t u16() { return value<std::uint16_t>(); }
  std::uint32_t u32() { return value<std::uint32_t>(); }
  std::uint64_t u64() { return value<std::uint64_t>(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = u8();
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80 && (shift < 63 || byte < 2)) return value;
      if (byte < 0x80) break;
    }
    throw FormatError("a number is longer than 64 bits");
  }
  double f64() { return std::bit_cast<double>(u64()); }
  std::string text(std::size_t most_bytes) {
    const std::size_t length = u32();
    if (length > most_bytes) throw FormatError("a text of " + std::to_string(length) + " bytes is longer than allowed");
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::span<const std::byte> take(std::size_t count) {
    if (count > bytes_.size()) throw FormatError("the data end too early");
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::size_t left() const { return bytes_.size(); }
  std::span<const std::byte> rest() const { return bytes_; }

 private:
  template <class T>
  T value() {
    T result;
    std::memcpy(&result, take(sizeof(T)).data(), sizeof(T));
    return result;
  }
  std::span<const std::byte> bytes_;
};

}  // namespace brume
