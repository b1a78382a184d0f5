#include "compression/frequencies.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace brume::compression {

namespace {

constexpr int kMostLength = Frequencies::kBits;  // bits of a frequency below 4,096
constexpr int kMantissa = 4;                     // of these, sent below the first

std::uint32_t folded(int difference) {
  return difference < 0 ? static_cast<std::uint32_t>(-2 * difference - 1) : static_cast<std::uint32_t>(2 * difference);
}

int unfolded(std::uint32_t code) {
  const int half = static_cast<int>((code + 1) / 2);
  return code % 2 == 1 ? -half : half;
}

constexpr int kSizeBits = 5;
constexpr double kBearable = 0.02;      // of a frequency
constexpr int kExact = 2 << kMantissa;  // frequencies below need no rounding

int length_of(std::uint32_t frequency) { return static_cast<int>(std::bit_width(frequency)); }

// With so many bits below the first.
std::uint32_t rounded(std::uint32_t frequency, int mantissa = kMantissa) {
  const int dropped = std::max(0, length_of(frequency) - 1 - mantissa);
  return (frequency + (1U << dropped >> 1)) >> dropped << dropped;
}

// How many bits below the first a frequency of some length is worth in a table for about 2^size symbols: each quarters
// what c symbols lose by it, which is c / 17 bits without any.
int worth(int length, int size) { return std::clamp((length + size - Frequencies::kBits - 4) / 2, 0, kMantissa); }

// What coding `count` symbols loses, in proportion, when one unit is taken from (or given to) their frequency.
double cost_of_one_less(std::uint32_t count, std::uint32_t frequency) {
  return static_cast<double>(count) / (static_cast<double>(frequency) - 0.5);
}

double gain_of_one_more(std::uint32_t count, std::uint32_t frequency) {
  return static_cast<double>(count) / (static_cast<double>(frequency) + 0.5);
}

}  // namespace

Frequencies Frequencies::of(std::span<const std::uint32_t> counts) {
  const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  Frequencies result;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const auto share = (std::uint64_t{counts[i]} * kAll + total / 2) / total;
    result.frequency_[i] = static_cast<std::uint16_t>(std::clamp<std::uint64_t>(share, 1, kAll - 1));
    sum += result.frequency_[i];
  }
  auto& f = result.frequency_;
  if (std::count(f.begin(), f.end(), 0) == kSymbols - 1) {
    const auto alone = static_cast<std::size_t>(std::find(f.begin(), f.end(), kAll - 1) - f.begin());
    f[alone ^ 1] = 1;
    ++sum;
  }
  for (; sum > kAll; --sum) {
    std::size_t best = kSymbols;
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (f[i] > 1 && (best == kSymbols || cost_of_one_less(counts[i], f[i]) < cost_of_one_less(counts[best], f[best])))
        best = i;
    --f[best];
  }
  for (; sum < kAll; ++sum) {
    std::size_t best = kSymbols;
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (f[i] > 0 && (best == kSymbols || gain_of_one_more(counts[i], f[i]) > gain_of_one_more(counts[best], f[best])))
        best = i;
    ++f[best];
  }
  result.round();
  return result;
}

// What rounding gives one symbol it takes from the next, so that the most frequent is left with no less than it can
// spare.
void Frequencies::round() {
  most_ = static_cast<std::size_t>(std::max_element(frequency_.begin(), frequency_.end()) - frequency_.begin());
  std::int32_t owed = 0;
  std::uint32_t others = 0;
  for (std::size_t i = 0; i < kSymbols; ++i) {
    if (i == most_ || frequency_[i] == 0) continue;
    const std::int32_t wanted = frequency_[i] + (frequency_[i] < kExact ? 0 : owed);
    const auto given = rounded(static_cast<std::uint32_t>(std::max(1, wanted)));
    if (frequency_[i] >= kExact) owed = wanted - static_cast<std::int32_t>(given);
    frequency_[i] = static_cast<std::uint16_t>(given);
    others += given;
  }
  assert(others < kAll);
  frequency_[most_] = static_cast<std::uint16_t>(kAll - others);
}

std::uint64_t Frequencies::about_bits(std::span<const std::uint32_t> counts) const {
  std::uint64_t sum = 0;  // in 256ths, log₂ by the chord from one power of two to the next
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const int below = length_of(frequency_[i]) - 1;
    const auto beyond = static_cast<std::uint32_t>(frequency_[i] << 8 >> below) - 256;
    sum += std::uint64_t{counts[i]} * (256U * static_cast<std::uint32_t>(kBits - below) - beyond);
  }
  return sum / 256;
}

Frequencies::Ends Frequencies::ends() const {
  Ends ends{0, kSymbols - 1, most_};
  while (ends.first < most_ && frequency_[ends.first] == 0) ++ends.first;
  while (ends.last > most_ && frequency_[ends.last] == 0) --ends.last;
  return ends;
}

void Frequencies::write_one(BitWriter& out, std::uint32_t frequency, int expected) const {
  const int length = length_of(frequency);
  out.put_unary(folded(length - expected));
  const int sent = std::min(worth(length, size_), length - 1);
  if (sent > 0) out.put(frequency >> (length - 1 - sent) & ((1U << sent) - 1), sent);
}

std::uint32_t Frequencies::read_one(BitReader& in, int expected) const {
  const int length = expected + unfolded(in.get_unary(2 * kMostLength));
  if (length < 0 || length > kMostLength) throw FormatError("a block's frequencies are invalid");
  if (length == 0) return 0;
  const int sent = std::min(worth(length, size_), length - 1);
  return ((1U << sent) | in.get(sent)) << (length - 1 - sent);
}

void Frequencies::write(BitWriter& out, int bits, const Frequencies* before) const {
  const auto [first, last, most] = ends();
  const bool same = before && ends() == before->ends();
  if (before) out.put(same ? 1 : 0, 1);
  if (!same)
    for (const auto symbol : {first, last, most}) out.put(static_cast<std::uint32_t>(symbol), bits);
  int expected = kBits / 2;
  for (std::size_t i = first; i <= last; ++i) {
    if (i == most) continue;
    if (before) expected = length_of(before->frequency_[i]);
    write_one(out, frequency_[i], expected);
    expected = length_of(frequency_[i]);
  }
}

Frequencies::Ends Frequencies::read_ends(BitReader& in, int bits, const Frequencies* before) {
  if (before && in.get(1) == 1) return before->ends();
  Ends ends;
  for (auto* symbol : {&ends.first, &ends.last, &ends.most}) *symbol = in.get(bits);
  if (ends.most < ends.first || ends.most > ends.last) throw FormatError("a block's frequencies are invalid");
  return ends;
}

Frequencies Frequencies::read(BitReader& in, int bits, const Frequencies* before) {
  Frequencies result;
  const auto [first, last, most] = read_ends(in, bits, before);
  result.most_ = most;
  std::uint32_t others = 0;
  int length = kBits / 2;
  for (std::size_t i = first; i <= last; ++i) {
    if (i == most) continue;
    if (before) length = length_of(before->frequency_[i]);
    const auto frequency = result.read_one(in, length);
    length = length_of(frequency);
    result.frequency_[i] = static_cast<std::uint16_t>(frequency);
    others += frequency;
  }
  if (others == 0 || others >= kAll) throw FormatError("a block's frequencies are invalid");
  result.frequency_[most] = static_cast<std::uint16_t>(kAll - others);
  return result;
}

// What rounding gives one magnitude it takes from the next ones, a little from each, and at last from zero.
Frequencies Frequencies::mirrored(const Counts& counts, std::size_t zero) {
  const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  const std::size_t most = std::min(zero, kSymbols - 1 - zero);
  Frequencies result;
  result.most_ = zero;
  result.size_ = std::min(kMostSize, length_of(static_cast<std::uint32_t>(total)));
  std::array<std::uint32_t, kSymbols> half{};
  double owed = 0;
  std::uint32_t others = 0;
  for (std::size_t m = 1; m <= most; ++m) {
    const std::uint64_t pair = counts[zero + m] + counts[zero - m];
    if (pair == 0) continue;
    const double share = static_cast<double>(pair * kAll) / static_cast<double>(2 * total);
    const double wanted = share + std::clamp(owed, -kBearable * share, kBearable * share);
    const auto whole = std::max(1U, static_cast<std::uint32_t>(wanted + 0.5));
    half[m] = rounded(whole, worth(length_of(whole), result.size_));
    owed += share - half[m];
    others += 2 * half[m];
  }
  if (others == 0) others = 2 * (half[1] = 1);  // zeros alone share with their neighbours
  while (others >= kAll) {                      // rounding went too far: the largest gives way
    auto* largest = std::max_element(half.begin(), half.end());
    const std::uint32_t less = *largest - 1;
    const int dropped = std::max(0, length_of(less) - 1 - worth(length_of(less), result.size_));
    *largest = less >> dropped << dropped;
    others = 2 * std::accumulate(half.begin(), half.end(), 0U);
  }
  for (std::size_t m = 1; m <= most; ++m)
    result.frequency_[zero + m] = result.frequency_[zero - m] = static_cast<std::uint16_t>(half[m]);
  result.frequency_[zero] = static_cast<std::uint16_t>(kAll - others);
  return result;
}

Frequencies Frequencies::of_magnitudes(std::size_t zero) const {
  Frequencies result;
  result.frequency_[0] = frequency_[zero];
  for (std::size_t m = 1; m <= largest_magnitude(zero); ++m)
    result.frequency_[m] = static_cast<std::uint16_t>(2 * frequency_[zero + m]);
  return result;
}

std::size_t Frequencies::largest_magnitude(std::size_t zero) const {
  std::size_t last = std::min(zero, kSymbols - 1 - zero);
  while (last > 1 && frequency_[zero + last] == 0) --last;
  return last;
}

void Frequencies::write_mirrored(BitWriter& out, int bits, std::size_t zero, const Frequencies* before) const {
  const std::size_t last = largest_magnitude(zero);
  const bool same = before && last == before->largest_magnitude(zero);
  if (before) out.put(same ? 1 : 0, 1);
  if (!same) out.put(static_cast<std::uint32_t>(last), bits);
  out.put(static_cast<std::uint32_t>(size_), kSizeBits);
  int expected = kBits / 2;
  for (std::size_t i = zero + 1; i <= zero + last; ++i) {
    if (before) expected = length_of(before->frequency_[i]);
    write_one(out, frequency_[i], expected);
    expected = length_of(frequency_[i]);
  }
}

Frequencies Frequencies::read_mirrored(BitReader& in, int bits, std::size_t zero, const Frequencies* before) {
  const bool same = before && in.get(1) == 1;
  const std::size_t last = same ? before->largest_magnitude(zero) : in.get(bits);
  if (last == 0 || last > zero || zero + last >= std::size_t{1} << bits)
    throw FormatError("a block's frequencies are invalid");
  Frequencies result;
  result.most_ = zero;
  result.size_ = static_cast<int>(in.get(kSizeBits));
  std::uint32_t others = 0;
  int expected = kBits / 2;
  for (std::size_t m = 1; m <= last; ++m) {
    if (before) expected = length_of(before->frequency_[zero + m]);
    const auto frequency = result.read_one(in, expected);
    expected = length_of(frequency);
    result.frequency_[zero + m] = result.frequency_[zero - m] = static_cast<std::uint16_t>(frequency);
    others += 2 * frequency;
  }
  if (others == 0 || others >= kAll) throw FormatError("a block's frequencies are invalid");
  result.frequency_[zero] = static_cast<std::uint16_t>(kAll - others);
  return result;
}

}  // namespace brume::compression
