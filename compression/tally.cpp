#include "compression/tally.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace brume::compression {

Tally Tally::part(std::size_t first, std::size_t count) const {
  Tally some(count, width_);
  const auto from = counts_.begin() + static_cast<std::ptrdiff_t>(first * width_);
  std::copy_n(from, count * width_, some.counts_.begin());
  return some;
}

void Tally::add(std::span<const std::uint32_t> counts) {
  assert(counts.size() == counts_.size());
  for (std::size_t i = 0; i < counts.size(); ++i) counts_[i] += counts[i];
}

void Tally::append(const Tally& behind) {
  assert(counts_.empty() || width_ == behind.width_);
  width_ = behind.width_;
  counts_.insert(counts_.end(), behind.counts_.begin(), behind.counts_.end());
}

Keys::Keys(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> all, std::size_t count)
    : values(symbols.begin(), symbols.end()), contexts(count) {
  std::uint8_t largest = 0;
  for (const auto symbol : symbols) largest = std::max(largest, symbol);
  shift = std::bit_width(largest);
  for (std::size_t i = 0; i < all.size(); ++i) values[i] = static_cast<std::uint16_t>(values[i] | all[i] << shift);
}

}  // namespace brume::compression
