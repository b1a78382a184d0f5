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

/// Symbols with their contexts, a number each: context · 2^shift + symbol, with as large a shift as symbols need.
struct Keys {
  std::vector<std::uint16_t> values;
  std::size_t contexts;
  int shift = 0;

  /// `all` have each symbol's context, below `count`, or are empty: one for all.
  Keys(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> all, std::size_t count);
  /// How many counts there are for each range of what is known besides.
  std::size_t stride() const { return contexts << shift; }
};

/// With a row for each range and in it for each context; first_of(i), a multiple of the stride, is where the rows of
/// symbol i begin.
template <class FirstOf>
Tally tally(const Keys& keys, std::size_t ranges, const FirstOf& first_of) {
  constexpr std::size_t kCopies = 8;  // equal neighbours do not wait for each other's sum
  constexpr std::size_t kMostToCopy = 2048;
  Tally all(ranges * keys.contexts, std::size_t{1} << keys.shift);
  const std::size_t size = ranges * keys.stride();
  std::vector<std::uint32_t> others(size <= kMostToCopy ? (kCopies - 1) * size : 0);
  auto* counts = all.counts().data();
  const auto* key = keys.values.data();
  const std::size_t end = keys.values.size();
  std::size_t i = 0;
  if (!others.empty())
    for (; i + kCopies <= end; i += kCopies) {
      ++counts[first_of(i) + key[i]];
      for (std::size_t copy = 1; copy < kCopies; ++copy)
        ++others[(copy - 1) * size + first_of(i + copy) + key[i + copy]];
    }
  for (; i < end; ++i) ++counts[first_of(i) + key[i]];
  for (std::size_t first = 0; first < others.size(); first += size) all.add(std::span(others).subspan(first, size));
  return all;
}

}  // namespace brume::compression
