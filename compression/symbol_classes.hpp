#pragma once

#include "compression/neighbours.hpp"
#include "compression/rans.hpp"
#include "compression/size_classes.hpp"
#include "compression/tally.hpp"

namespace brume::compression {

/// By what a plane's symbols are told apart, besides their contexts: their groups' sizes, their neighbours, or nothing.
struct SymbolClasses {
  enum class Kind : std::uint8_t { none, groups, neighbours };
  Kind kind = Kind::none;
  SizeClasses groups{};
  NeighbourClasses neighbours{};
  bool mirrored = false;  ///< numbers are as often above zero as below: tables are of magnitudes
  bool apart = false;     ///< magnitudes are coded for themselves, in segments, and signs behind them
  double bits = 0;        ///< about what symbols, tables and classes take
  Tally counts{};         ///< of symbols, or of magnitudes if mirrored: of each class, for each context

  std::size_t count() const {
    return kind == Kind::groups ? groups.count : kind == Kind::neighbours ? neighbours.count : 1;
  }
};

/// How many contexts there are without classes.
std::size_t tables_for(const SymbolContexts& contexts);

/// With which a plane takes the fewest bits; only numbers have any.
SymbolClasses choose_classes(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts);

/// The context of each symbol with its class. Of neighbours only those that were chosen here know it: a receiver's
/// follow from the symbols.
std::vector<std::uint8_t> combined(std::span<const std::uint8_t> symbols, const SymbolContexts& contexts,
                                   const SymbolClasses& classes);

/// How far each number is from `zero`.
std::vector<std::uint8_t> magnitudes(std::span<const std::uint8_t> symbols, unsigned zero);

/// Whole bytes. Reading throws FormatError.
void write_classes(const SymbolClasses& classes, std::vector<std::byte>& out);
SymbolClasses read_symbol_classes(ByteReader& in, SymbolClasses::Kind kind, std::size_t symbols,
                                  const SymbolContexts& contexts);

}  // namespace brume::compression
