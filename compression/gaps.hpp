#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace brume::compression {

/// Appends ascending positions below `of` to `out`: for each segment of 65,536 their number in 17 bits, then the gaps
/// between them, Golomb–Rice coded with low bits that follow from the number.
void write_gaps(std::span<const std::uint64_t> positions, std::size_t of, std::vector<std::byte>& out);

/// `count` positions below `of`. Throws FormatError for anything but what write_gaps() made of so many.
std::vector<std::uint64_t> read_gaps(std::span<const std::byte> bytes, std::size_t count, std::size_t of);

/// No `count` positions below `of` take more.
std::size_t most_gaps_bytes(std::size_t count, std::size_t of);

}  // namespace brume::compression
