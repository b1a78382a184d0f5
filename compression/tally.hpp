#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace brume::compression {

/// How often each number below a width occurs, with a row for each table.
class Tally {
 public:
  Tally() = default;
  Tally(std::size_t tables, std::size_t width) : width_(width), counts_(tables * width) {}

  std::size_t width() const { return width_; }
  std::size_t tables() const { return width_ == 0 ? 0 : counts_.size() / width_; }
  std::span<std::uint32_t> operator[](std::size_t table) { return std::span(counts_).subspan(table * width_, width_); }
  std::span<const std::uint32_t> operator[](std::size_t table) const {
    return std::span(counts_).subspan(table * width_, width_);
  }
  std::span<std::uint32_t> counts() { return counts_; }
  std::span<const std::uint32_t> counts() const { return counts_; }

  /// `count` tables from `first` on.
  Tally part(std::size_t first, std::size_t count) const;
  /// Those of a tally with as many tables as wide, one by one.
  void add(std::span<const std::uint32_t> counts);
  /// More tables as wide; to none, of any width.
  void append(const Tally& behind);

 private:
  std::size_t width_ = 0;
  std::vector<std::uint32_t> counts_;
};

/// Symbols with their contexts, a number each: (context · 2^shift + symbol) · copies, with as large a shift as symbols
/// need. Each count has so many copies beside each other, that equal neighbours do not wait for each other's sum:
/// eight, but one where they would not stay in the first cache.
struct Keys {
  static constexpr std::size_t kCopies = 8;
  std::vector<std::uint16_t> values;
  std::size_t contexts;
  int shift = 0;
  std::size_t copies = 1;

  /// `all` have each symbol's context, below `count` ≤ 256, or are empty: one for all. Contexts and symbols take no
  /// more than 16 bits together.
  Keys(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> all, std::size_t count);
  /// How far the counts of one range of what is known besides lie from those of the next.
  std::size_t stride() const { return copies * contexts << shift; }
};

/// With a row for each range and in it for each context; `first_of` has for each run of that many symbols, one at
/// least, and for the rest where its range's counts begin, a multiple of the stride.
Tally tally(const Keys& keys, std::size_t ranges, std::span<const std::uint32_t> first_of, std::size_t run);
/// The same where `sums` have something for each symbol that leads there. `places` are empty, or get each symbol's
/// place among the counts, of which there are no more than 2^16.
Tally tally(const Keys& keys, std::size_t ranges, std::span<const std::uint32_t, 256> first_of,
            std::span<const std::uint8_t> sums, std::span<std::uint16_t> places);
/// Without ranges.
Tally tally(const Keys& keys);

}  // namespace brume::compression
