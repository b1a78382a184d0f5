#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compression/frequencies.hpp"

namespace brume::compression {

/// Range asymmetric numeral systems (Duda 2013, arXiv 1311.2540, §4), with several states in turn so that their
/// arithmetic overlaps: state i mod lanes codes symbol i. States have 32 bits and are refilled by 16 (the variant of
/// Giesen 2014, arXiv 1402.3392). Integers alone: the same bytes on every machine.
///
/// The bytes are the states' last values, 4 each, then the words in the order in which a decoder takes them.

inline constexpr std::size_t kGroup = 32;  ///< neighbouring symbols that may have a class in common

/// By what each symbol is coded: those of one context have a table. With classes, the contexts of one stand beside each
/// other: context = class · contexts without classes + context without.
struct SymbolContexts {
  std::span<const std::uint8_t> of{};  ///< each symbol's; none: all have the first
  bool in_trellis = false;             ///< when decoding: its quantiser in the trellis (trellis.hpp), instead
  unsigned zero = 0;                   ///< which of the symbols is the number 0; 0 if none is
  /// When decoding: the class of each group, or of what the symbols before sum up to (neighbours.hpp).
  std::span<const std::uint8_t> groups{};
  std::span<const std::uint8_t> of_sum{};
  bool follows = false;  ///< when decoding: the symbol before is the context, 0 at first
};

/// Appends `symbols`, all of which occur in their tables. `lanes` is 2, 4 or 16: fewer cost fewer bytes, more are
/// faster.
void rans_encode(std::span<const std::uint8_t> symbols, std::span<const Frequencies> tables,
                 const SymbolContexts& contexts, int lanes, std::vector<std::byte>& out);

/// Undoes it: all of `bytes` must be used up. Throws FormatError for anything else. With 16 lanes contexts do not
/// follow from symbols but in a trellis, and there is either `of`, which has those with classes, or `groups`.
void rans_decode(std::span<const std::byte> bytes, std::span<const Frequencies> tables, const SymbolContexts& contexts,
                 int lanes, std::span<std::uint8_t> symbols);

}  // namespace brume::compression
