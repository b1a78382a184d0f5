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

  /// As near to `counts`, of at most kSymbols, as whole numbers are, all but the largest with five significant bits: a
  /// hundredth of a per cent of the coded size, and half of the table's. A symbol that occurs alone shares with its
  /// neighbour.
  static Frequencies of(std::span<const std::uint32_t> counts);

  /// The same of numbers that are as often above zero as below, `zero` being the symbol for 0: zero + m and zero − m
  /// have the mean of both, and zero what they leave.
  static Frequencies mirrored(const Counts& counts, std::size_t zero);

  /// Of mirrored ones: those of magnitudes.
  Frequencies of_magnitudes(std::size_t zero) const;

  std::uint32_t operator[](std::size_t symbol) const { return frequency_[symbol]; }

  /// What symbols with these counts take, or up to 0.09 bits each more.
  std::uint64_t about_bits(std::span<const std::uint32_t> counts) const;

  /// For symbols below 2^bits: the first, the last and the most frequent of those that occur; then of each but the most
  /// frequent, which has what is left, how many bits its frequency has, as a difference from the symbol before (0, −1,
  /// 1, −2, … in unary), and up to four bits below the first. Behind another table, `before`, a bit says that these
  /// three are the same, and differences are from that table's.
  void write(BitWriter& out, int bits, const Frequencies* before = nullptr) const;
  /// Throws FormatError for anything else.
  static Frequencies read(BitReader& in, int bits, const Frequencies* before = nullptr);

  /// Of mirrored ones: the largest magnitude, five bits for the length of the number of symbols, and then from 1 up the
  /// frequency of a symbol, as write() has it, but for few symbols with fewer bits below the first. Behind another
  /// table, a bit says that its largest is the same.
  void write_mirrored(BitWriter& out, int bits, std::size_t zero, const Frequencies* before = nullptr) const;
  static Frequencies read_mirrored(BitReader& in, int bits, std::size_t zero, const Frequencies* before = nullptr);

 private:
  /// The first and the last symbol that occur, and the most frequent.
  struct Ends {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t most = 0;
    bool operator==(const Ends&) const = default;
  };
  Ends ends() const;
  std::size_t largest_magnitude(std::size_t zero) const;
  static Ends read_ends(BitReader& in, int bits, const Frequencies* before);
  void round();
  static constexpr int kMostSize = 31;
  void write_one(BitWriter& out, std::uint32_t frequency, int expected) const;
  std::uint32_t read_one(BitReader& in, int expected) const;

  std::array<std::uint16_t, kSymbols> frequency_{};
  std::size_t most_ = 0;  // the symbol that has what the others leave
  int size_ = kMostSize;  // bits of how many symbols the table is for: what its frequencies' last bits are worth
};

}  // namespace brume::compression
