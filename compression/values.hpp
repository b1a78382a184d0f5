#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "brume/codec.hpp"
#include "compression/extent.hpp"

namespace brume::compression {

/// Writes and takes back what a stage puts beside its symbols, at the end of `side`: floats from 0 to below
/// 2^100. Putting throws Error for others, taking FormatError.
void put_scale(std::vector<std::byte>& side, float scale);
float take_scale(std::vector<std::byte>& side);
/// Takes `count` scales that were put in this order.
std::vector<float> take_scales(std::vector<std::byte>& side, std::size_t count);

/// The same of values, which may be negative.
void put_value(std::vector<std::byte>& side, float value);
std::vector<float> take_values(std::vector<std::byte>& side, std::size_t count);

/// How far the values of a symbol lie from its point on average, as `sum` of `count` says: divided by `units`, one
/// byte.
std::int8_t mean_shift(std::int64_t sum, std::int64_t count, double units);

/// Puts such bytes at the end of `side`, and takes as many as `shifts` has. Taking throws FormatError.
void put_shifts(std::vector<std::byte>& side, std::span<const std::int8_t> shifts);
void take_shifts(std::vector<std::byte>& side, std::span<std::int8_t> shifts);

/// `step` root mean squares of `count` values with that extent of squares, or more, so that none is larger than `most`
/// of them; 0 if that is below 2^−100.
float step_size(const Extent& extent, std::size_t count, double step, double most);

/// The random numbers that both ends draw for one stage of one block.
Stream shared_stream(const Block& block, std::uint8_t stage);

}  // namespace brume::compression
