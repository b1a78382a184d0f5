#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compression/bits.hpp"

namespace brume::compression {

/// How often symbols 0 … 255 are expected, in units of 2^−12: each that occurs at least once, all together 4,096.
class Frequencies {
 public:
  static constexpr int kBits = 12;
  static constexpr std::uint32_t kAll = 1U << kBits;
  static constexpr std::size_t kSymbols = 256;
  using Counts = std::array<std::uint32_t, kSymbols>;

  /// As near to `counts` as whole numbers are, all but the largest with five significant bits: a hundredth of a per
  /// cent of the coded size, and half of the table's. A symbol that occurs alone shares with its neighbour.
  static Frequencies of(const Counts& counts);

  std::uint32_t operator[](std::size_t symbol) const { return frequency_[symbol]; }

  /// What symbols with these counts take, or up to 0.09 bits each more.
  std::uint64_t about_bits(const Counts& counts) const;

  /// For symbols below 2^bits: the first, the last and the most frequent of those that occur; then of each but the most
  /// frequent, which has what is left, how many bits its frequency has, as a difference from the symbol before (0, −1,
  /// 1, −2, … in unary), and up to four bits below the first. Behind another table, `before`, a bit says that these
  /// three are the same, and differences are from that table's.
  void write(BitWriter& out, int bits, const Frequencies* before = nullptr) const;
  /// Throws FormatError for anything else.
  static Frequencies read(BitReader& in, int bits, const Frequencies* before = nullptr);

 private:
  /// The first and the last symbol that occur, and the most frequent.
  struct Ends {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t most = 0;
    bool operator==(const Ends&) const = default;
  };
  Ends ends() const;
  static Ends read_ends(BitReader& in, int bits, const Frequencies* before);
  void round();

  std::array<std::uint16_t, kSymbols> frequency_{};
  std::size_t most_ = 0;  // the symbol that has what the others leave
};

}  // namespace brume::compression
