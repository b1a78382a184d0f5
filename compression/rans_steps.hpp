#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "brume/error.hpp"
#include "compression/frequencies.hpp"

/// What coders by rANS have in common (rans.hpp): how a state takes a symbol in and gives it back.
namespace brume::compression {

inline constexpr std::uint32_t kLeastState = 1U << 16;  ///< between symbols
inline constexpr std::uint32_t kRemainder = Frequencies::kAll - 1;

/// What coding one symbol takes, without a division: ⌊x / f⌋ is the upper half of the product with ⌈2^64 / f⌉, exact
/// for 32-bit x and 12-bit f (Granlund and Montgomery 1994).
struct alignas(32) RansStep {
  std::uint64_t reciprocal;
  std::uint32_t limit;  ///< a state from here on gives up 16 bits first
  std::uint32_t bias;
  std::uint32_t complement;  ///< 2^12 − f
};

constexpr std::uint32_t state_limit(std::uint32_t frequency) {
  return ((kLeastState >> Frequencies::kBits) << 16) * frequency;
}

inline RansStep rans_step(std::uint32_t start, std::uint32_t frequency) {
  RansStep step{~std::uint64_t{0} / frequency + 1, state_limit(frequency), start, Frequencies::kAll - frequency};
  if (frequency > 1) return step;
  step.reciprocal = ~std::uint64_t{0};  // 2^64 does not fit: the quotient is x − 1, which the bias makes up for
  step.bias = start + Frequencies::kAll - 1;
  return step;
}

/// As many bits as hold every symbol that occurs in some table.
inline int bits_of_symbols(std::span<const Frequencies> tables) {
  std::array<std::uint16_t, Frequencies::kSymbols> any{};
  for (const auto& table : tables)
    for (std::size_t symbol = 0; symbol < any.size(); ++symbol)
      any[symbol] = static_cast<std::uint16_t>(any[symbol] | table[symbol]);
  std::size_t largest = any.size() - 1;
  while (largest > 0 && any[largest] == 0) --largest;
  return static_cast<int>(std::bit_width(largest));
}

/// At table · 2^bits + symbol.
inline std::vector<RansStep> rans_steps(std::span<const Frequencies> tables, int bits) {
  std::vector<RansStep> steps(tables.size() << bits);
  for (std::size_t table = 0; table < tables.size(); ++table) {
    std::uint32_t start = 0;
    for (std::size_t symbol = 0; symbol < std::size_t{1} << bits; start += tables[table][symbol++])
      if (tables[table][symbol] > 0) steps[(table << bits) + symbol] = rans_step(start, tables[table][symbol]);
  }
  return steps;
}

/// At the same places: where the symbol begins, and its frequency 16 bits higher.
inline std::vector<std::uint32_t> rans_ranges(std::span<const Frequencies> tables, int bits) {
  std::vector<std::uint32_t> ranges(tables.size() << bits);
  for (std::size_t table = 0; table < tables.size(); ++table) {
    std::uint32_t start = 0;
    for (std::size_t symbol = 0; symbol < std::size_t{1} << bits; start += tables[table][symbol++])
      ranges[(table << bits) + symbol] = tables[table][symbol] << 16 | start;
  }
  return ranges;
}

/// The optimiser knows nothing of the value but that it is there: of two such it selects one, where it might have
/// branched to find the one that is wanted. Coded bits are a branch that nobody can guess.
inline void hide(std::uint32_t& value) { __asm__("" : "+r"(value)); }

/// The lower half of a state that is too large for the symbol goes before `at`.
inline std::uint32_t give_up_word(std::uint32_t state, std::uint32_t limit, std::byte*& at) {
  const auto word = static_cast<std::uint16_t>(state);
  std::memcpy(at - 2, &word, 2);
  std::uint32_t high = state >> 16;
  hide(high);
  const bool full = state >= limit;
  at -= 2 * static_cast<std::ptrdiff_t>(full);
  return full ? high : state;
}

/// Writes downwards, two bytes more than are kept.
inline void rans_put(std::uint32_t& state, const RansStep& step, std::byte*& at) {
  const std::uint32_t x = give_up_word(state, step.limit, at);
  const auto quotient = static_cast<std::uint32_t>(static_cast<unsigned __int128>(x) * step.reciprocal >> 64);
  state = x + step.bias + quotient * step.complement;
}

/// The symbol of each remainder, a byte each, so that tables stay in the cache and are soon filled; where symbols begin
/// and how many remainders they have is looked up behind them, for which no context waits.
struct RansTable {
  struct Range {
    std::uint32_t start;
    std::uint32_t frequency;
  };
  std::array<std::uint8_t, Frequencies::kAll> symbols;
  std::array<Range, Frequencies::kSymbols> ranges;
};

/// Of frequencies that are 2^12 together, or all zero: then of a context that does not occur. Ranges of symbols that do
/// not occur are anything.
inline std::unique_ptr<RansTable[]> rans_tables(std::span<const Frequencies> frequencies) {
  auto tables = std::make_unique_for_overwrite<RansTable[]>(frequencies.size());
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    std::size_t start = 0;
    for (std::size_t symbol = 0; symbol < Frequencies::kSymbols; ++symbol) {
      const auto frequency = frequencies[i][symbol];
      if (frequency == 0) continue;
      tables[i].ranges[symbol] = {static_cast<std::uint32_t>(start), frequency};
      std::memset(&tables[i].symbols[start], static_cast<int>(symbol), frequency);
      start += frequency;
    }
    assert(start == 0 || start == Frequencies::kAll);
    if (start == 0) tables[i] = {};
  }
  return tables;
}

/// The state without a symbol of that range, before it is refilled.
inline std::uint32_t without(std::uint32_t state, RansTable::Range range) {
  return range.frequency * (state >> Frequencies::kBits) + (state & kRemainder) - range.start;
}

/// Takes a word, of which there must be one, if the state wants it.
inline std::uint32_t refilled(std::uint32_t state, const std::byte*& at) {
  std::uint16_t word;  // NOLINT(cppcoreguidelines-init-variables): filled below
  std::memcpy(&word, at, 2);
  std::uint32_t filled = state << 16 | word;
  std::uint32_t least = kLeastState;
  hide(filled);
  hide(least);  // GCC compares with a constant once to select (<= 65535) and once more to move on (< 65536)
  const bool low = state < least;
  at += 2 * static_cast<std::ptrdiff_t>(low);
  return low ? filled : state;
}

/// States that are decoded in turn, and the words that are left.
template <std::size_t Lanes>
struct RansDecoder {
  std::array<std::uint32_t, Lanes> states;
  const std::byte* at = nullptr;
  const std::byte* end = nullptr;

  explicit RansDecoder(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof states) throw FormatError("a block's coded symbols are cut short");
    std::memcpy(states.data(), bytes.data(), sizeof states);
    at = bytes.data() + sizeof states;
    end = bytes.data() + bytes.size();
    for (const auto state : states)
      if (state < kLeastState) throw FormatError("a block's coded symbols are invalid");
  }
  bool has_words(std::size_t count) const { return end - at >= static_cast<std::ptrdiff_t>(2 * count); }
  void refill(std::uint32_t& state) {
    if (state >= kLeastState) return;
    if (end - at < 2) throw FormatError("a block's coded symbols are cut short");
    state = refilled(state, at);
  }
  void require_whole() const {
    bool whole = at == end;
    for (const auto state : states) whole = whole && state == kLeastState;
    if (!whole) throw FormatError("a block's coded symbols are invalid");
  }
};

}  // namespace brume::compression
