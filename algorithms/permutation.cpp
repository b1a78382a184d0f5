#include "algorithms/permutation.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "brume/random.hpp"

namespace brume::algorithms {

namespace {

// The finaliser of SplitMix64 (Steele et al. 2014): mixes all bits.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

Permutation::Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t version) : size_(size) {
  assert(size >= 1 && size <= std::uint64_t{1} << 62);
  const int bits = std::max(2, static_cast<int>(std::bit_width(size - 1)));
  half_bits_ = (bits + 1) / 2;
  Stream stream(seed, Purpose::selection, version);
  for (auto& key : keys_) key = stream.next64();
}

std::uint64_t Permutation::encrypt(std::uint64_t value) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = value >> half_bits_;
  std::uint64_t right = value & mask;
  for (const auto key : keys_) {
    const std::uint64_t mixed = left ^ (mix(right ^ key) & mask);
    left = right;
    right = mixed;
  }
  return left << half_bits_ | right;
}

std::uint64_t Permutation::operator()(std::uint64_t rank) const {
  assert(rank < size_);
  std::uint64_t value = encrypt(rank);
  while (value >= size_) value = encrypt(value);
  return value;
}

}  // namespace brume::algorithms
