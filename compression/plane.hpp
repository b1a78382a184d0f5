#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/rans.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

/// Appends symbols below 2^bits (1 … 8): a byte that says how, then all of them by rANS behind their frequencies, one
/// that they all are, or their packed bits, whichever is least. Symbols of one context have frequencies of their own;
/// in a trellis both quantisers have.
void write_plane(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                 std::vector<std::byte>& out);

/// Undoes it. Throws FormatError for anything else.
void read_plane(ByteReader& in, int bits, const SymbolContexts& contexts, std::span<std::uint8_t> symbols);

/// No plane of so many symbols takes more bytes.
std::size_t most_plane_bytes(std::size_t count, int bits);

}  // namespace brume::compression
