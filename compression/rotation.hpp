#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "brume/random.hpp"

namespace brume::compression {

/// What a rotation turns at once: the powers of two that make up a block, largest first, down to this one. Shorter
/// parts would be far from normal; the elements that are left are sent as they are, nearly: as bf16, rounded
/// stochastically.
inline constexpr std::size_t kLeastPart = 16;

inline std::size_t tail_of(std::size_t count) { return count % kLeastPart; }
inline std::size_t parts_of(std::size_t count) { return static_cast<std::size_t>(std::popcount(count / kLeastPart)); }

/// Calls work(first, size) for each part.
template <class Work>
void for_each_part(std::size_t count, const Work& work) {
  std::size_t first = 0;
  for (std::size_t left = count - tail_of(count); left > 0; left -= std::bit_floor(left)) {
    work(first, std::bit_floor(left));
    first += std::bit_floor(left);
  }
}

/// Puts the values that no part has, and how many they are, at the end of `side`, and takes them back. Taking throws
/// FormatError.
void put_tail(std::span<const float> values, Stream& stream, std::vector<std::byte>& side);
std::vector<float> take_tail(std::vector<std::byte>& side);

/// Of a block with so many values, or at most so many if that varies: bytes that its tail takes.
constexpr std::size_t tail_bytes(std::size_t count, bool varies) {
  return 2 * (varies ? kLeastPart - 1 : count % kLeastPart) + 1;
}

/// Random signs for so many values, a bit each.
std::vector<std::uint32_t> random_signs(Stream& stream, std::size_t size);

/// Turns each part of `values` by random signs and a Walsh–Hadamard transform, in place, keeping its length. Elements
/// of a long part are then nearly normal (Suresh et al. 2017, §3).
void rotate(std::span<float> values, Stream stream);

/// Undoes rotate() with the same numbers, but for rounding.
void rotate_back(std::span<float> values, Stream stream);

}  // namespace brume::compression
