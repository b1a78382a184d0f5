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

// Products as wide as keys, which every instruction set has for whole vectors.
Keys::Keys(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> all, std::size_t count)
    : values(symbols.size()), contexts(count) {
  assert(all.empty() || all.size() == symbols.size());
  std::uint8_t largest = 0;
  for (const auto symbol : symbols) largest = std::max(largest, symbol);
  shift = std::bit_width(largest);
  constexpr std::size_t kFew = 128;
  if (contexts << shift <= kFew) copies = kCopies;
  assert(contexts << shift <= (1U << 16) / copies);
  const auto by = static_cast<unsigned>(copies);
  auto* value = values.data();
  for (std::size_t i = 0; i < symbols.size(); ++i) value[i] = static_cast<std::uint16_t>(symbols[i] * by);
  for (std::size_t i = 0; i < all.size(); ++i) value[i] = static_cast<std::uint16_t>(value[i] + all[i] * (by << shift));
}

namespace {

class Copies {
 public:
  Copies(const Keys& keys, std::size_t ranges)
      : keys_(keys), ranges_(ranges), shift_(std::countr_zero(keys.copies)), counts_(ranges * keys.stride()) {}

  // Symbols from `first` to before `behind`; see(i, place) is told where each counts.
  template <class FirstOf, class See>
  void add(std::size_t first, std::size_t behind, const FirstOf& first_of, const See& see) {
    const auto* key = keys_.values.data();
    auto* counts = counts_.data();
    std::size_t i = first;
    if (keys_.copies == Keys::kCopies)
      for (; i + Keys::kCopies <= behind; i += Keys::kCopies)
        for (std::size_t copy = 0; copy < Keys::kCopies; ++copy) {
          const std::size_t at = first_of(i + copy) + key[i + copy];
          ++counts[at + copy];
          see(i + copy, at / Keys::kCopies);
        }
    for (; i < behind; ++i) {
      const std::size_t at = first_of(i) + key[i];
      ++counts[at];
      see(i, at >> shift_);
    }
  }

  Tally sum() const {
    Tally all(ranges_ * keys_.contexts, std::size_t{1} << keys_.shift);
    const auto* one = counts_.data();
    for (auto& count : all.counts()) {
      if (keys_.copies == Keys::kCopies)
        for (std::size_t copy = 0; copy < Keys::kCopies; ++copy) count += one[copy];
      else
        count = *one;
      one += keys_.copies;
    }
    return all;
  }

 private:
  const Keys& keys_;
  std::size_t ranges_;
  int shift_;  // of copies
  std::vector<std::uint32_t> counts_;
};

constexpr auto kUnseen = [](std::size_t, std::size_t) {};

}  // namespace

Tally tally(const Keys& keys, std::size_t ranges, std::span<const std::uint32_t> first_of, std::size_t run) {
  Copies copies(keys, ranges);
  std::size_t first = 0;
  for (const std::size_t here : first_of) {
    const std::size_t behind = std::min(keys.values.size(), first + run);
    copies.add(
        first, behind, [here](std::size_t) { return here; }, kUnseen);
    first = behind;
  }
  return copies.sum();
}

Tally tally(const Keys& keys, std::size_t ranges, std::span<const std::uint32_t, 256> first_of,
            std::span<const std::uint8_t> sums, std::span<std::uint16_t> places) {
  assert(places.empty() || (places.size() == sums.size() && ranges * keys.contexts << keys.shift <= 1U << 16));
  const auto first_of_symbol = [=](std::size_t i) { return first_of[sums[i]]; };
  const auto keep = [=](std::size_t i, std::size_t place) { places[i] = static_cast<std::uint16_t>(place); };
  Copies copies(keys, ranges);
  if (places.empty())
    copies.add(0, keys.values.size(), first_of_symbol, kUnseen);
  else
    copies.add(0, keys.values.size(), first_of_symbol, keep);
  return copies.sum();
}

Tally tally(const Keys& keys) {
  Copies copies(keys, 1);
  copies.add(
      0, keys.values.size(), [](std::size_t) { return std::size_t{0}; }, kUnseen);
  return copies.sum();
}

}  // namespace brume::compression
