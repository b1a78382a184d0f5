#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "brume/random.hpp"

namespace brume::compression {

/// Calls work(first, size) for the powers of two that make up `count`, largest first: what a rotation turns at once, so
/// that nothing has to be filled up.
template <class Work>
void for_each_part(std::size_t count, const Work& work) {
  std::size_t first = 0;
  for (std::size_t left = count; left > 0; left -= std::bit_floor(left)) {
    work(first, std::bit_floor(left));
    first += std::bit_floor(left);
  }
}

/// Random signs for so many values, a bit each.
std::vector<std::uint32_t> random_signs(Stream& stream, std::size_t size);

/// Turns each part of `values` by random signs and a Walsh–Hadamard transform, in place, keeping its length. Elements
/// of a long part are then nearly normal (Suresh et al. 2017, §3).
void rotate(std::span<float> values, Stream stream);

/// Undoes rotate() with the same numbers, but for rounding.
void rotate_back(std::span<float> values, Stream stream);

}  // namespace brume::compression
