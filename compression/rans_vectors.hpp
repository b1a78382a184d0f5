#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "compression/trellis.hpp"

namespace brume::compression {

/// Of sixteen states, which are decoded side by side.
inline constexpr std::size_t kVectorLanes = 16;

/// Where decoding stands.
struct VectorDecoder {
  std::array<std::uint32_t, kVectorLanes> states{};
  trellis::States walk{};         ///< the states of the trellises, if there are any
  const std::byte* at = nullptr;  ///< of the words that are left
  const std::byte* end = nullptr;
};

/// For each of the 4,096 remainders of each table: the symbol (8 bits), its frequency (12) and how far into it the
/// remainder is (12).
struct VectorTables {
  const std::uint32_t* slots = nullptr;      ///< tables of 4,096, one behind the other
  std::span<const std::uint8_t> of{};        ///< the table of each symbol, or
  std::span<const std::uint8_t> of_group{};  ///< of each 32, or none: the first
  bool in_trellis = false;                   ///< each of these is two tables, for both quantisers
  unsigned zero = 0;                         ///< then: which of the symbols is the number 0
};

/// Decodes whole sixteens while there are words enough for any; returns how many symbols that was. None where vectors
/// are too short.
std::size_t decode_vectors(const VectorTables& tables, VectorDecoder& decoder, std::span<std::uint8_t> symbols);

/// Where encoding stands, downwards.
struct VectorEncoder {
  std::array<std::uint32_t, kVectorLanes> states{};
  std::byte* at = nullptr;  ///< behind room for a word for each symbol and eight bytes more, which are written over
};

/// Encodes whole sixteens, symbol i by state i mod 16, from the last to the first; returns how many symbols that was:
/// all, or none where vectors are too short. Of each there is where its range begins, and 16 bits higher its frequency,
/// 1 to 4,095.
std::size_t encode_vectors(std::span<const std::uint32_t> ranges, VectorEncoder& encoder);

}  // namespace brume::compression
