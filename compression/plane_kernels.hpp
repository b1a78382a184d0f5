#pragma once

#include <cstdint>
#include <span>

namespace brume::compression {

/// The lowest eight bits of (symbol + offset) >> shift, and of those the ones in `mask`.
void cut(std::span<const std::int32_t> symbols, std::uint32_t offset, int shift, std::uint8_t mask,
         std::span<std::uint8_t> plane);
/// The same of floats' bits, rotated left by one.
void cut(std::span<const float> values, int shift, std::uint8_t mask, std::span<std::uint8_t> plane);

/// Symbols of their highest part: part · 2^shift − offset.
void widen(std::span<const std::uint8_t> plane, int shift, std::uint32_t offset, std::span<std::int32_t> symbols);
/// Adds a lower part, part · 2^shift.
void add_part(std::span<const std::uint8_t> plane, int shift, std::span<std::int32_t> symbols);

/// All bits that a symbol, or the complement of one below zero, has set.
std::uint32_t all_bits(std::span<const std::int32_t> symbols);

/// Numbers of magnitudes, in their place: zero + m, or zero − m where the next of `signs` is 1. Those that are not zero
/// have one each; eight behind the last may be read.
void add_signs(std::span<std::uint8_t> sizes, const std::uint8_t* signs, std::uint8_t zero);

/// Signs of symbols that are not zero, in order: 1 below, 0 above. Returns how many; there is room for one of each
/// symbol.
std::size_t take_signs(std::span<const std::uint8_t> symbols, std::uint8_t zero, std::uint8_t* signs);

/// Sums of eight magnitudes each, and of those that are left: ⌈n/8⌉ of them.
void add_eights(std::span<const std::uint8_t> sizes, std::span<std::uint16_t> sums);

}  // namespace brume::compression
