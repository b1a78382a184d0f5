#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace brume::compression {

/// How many random words `count` values take: value i has word i, value ⌈count / 2⌉ + i the same with its halves
/// exchanged. So each is as exact as with a word of its own, and only once in 2^16 values does a decision look at its
/// partner's half.
constexpr std::size_t words_at_random(std::size_t count) { return (count + 1) / 2; }

/// ⌊x · inverse + u⌋ of each value, u = its word / 2^32, in doubles; `inverse` is a power of two, products lie within
/// 2^15.
void round_at_random(std::span<const float> values, std::span<const std::uint32_t> words, double inverse,
                     std::span<std::int32_t> symbols);

/// 0 with probability (1 + x · inverse) / 2, otherwise −1.
void sign_at_random(std::span<const float> values, std::span<const std::uint32_t> words, double inverse,
                    std::span<std::int32_t> symbols);

/// symbol · scale.
void scale_symbols(std::span<const std::int32_t> symbols, float scale, std::span<float> values);

/// `scale` for 0, −scale for other symbols.
void scale_signs(std::span<const std::int32_t> symbols, float scale, std::span<float> values);

}  // namespace brume::compression
