#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/frequencies.hpp"
#include "compression/rans.hpp"
#include "compression/symbol_classes.hpp"
#include "core/bytes.hpp"

/// A plane of numbers whose classes follow from their neighbours, as magnitudes and, behind them, the signs of those
/// that are not zero (magnitudes.hpp, signs.hpp).
namespace brume::compression {

/// Appends them. `classes` are apart; `tables` are those of numbers, of each class and context.
void write_apart(std::span<const std::uint8_t> symbols, const SymbolClasses& classes,
                 std::span<const Frequencies> tables, const SymbolContexts& contexts, std::vector<std::byte>& out);

/// Undoes it, to the end of `in`. `by` has classes of sums. Throws FormatError.
void read_apart(ByteReader& in, std::span<const Frequencies> tables, const SymbolContexts& by,
                std::span<std::uint8_t> symbols);

}  // namespace brume::compression
