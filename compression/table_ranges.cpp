#include "compression/table_ranges.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace brume::compression {

namespace {

constexpr double kTableBits = 12;        // of a table's head
constexpr double kBitsAFrequency = 5.5;  // of each symbol in it

struct Candidate {
  Tally counts;
  double bits = 0;
};

double log2_of(std::uint32_t n) {
  constexpr std::uint32_t kTable = 4096;
  static const auto kLogs = [] {
    std::array<float, kTable> logs{};
    for (std::uint32_t i = 1; i < kTable; ++i) logs[i] = static_cast<float>(std::log2(i));
    return logs;
  }();
  const int shift = std::max(0, static_cast<int>(std::bit_width(n)) - 12);
  return static_cast<double>(kLogs[n >> shift]) + shift;
}

}  // namespace

double bits_of(const Tally& counts) {
  double bits = 0;
  for (std::size_t table = 0; table < counts.tables(); ++table) {
    std::uint32_t total = 0;
    double sum = 0;
    std::size_t distinct = 0;
    for (const auto n : counts[table]) {
      if (n == 0) continue;
      total += n;
      sum += n * log2_of(n);
      ++distinct;
    }
    if (distinct > 0)
      bits += total * log2_of(total) - sum + kTableBits + kBitsAFrequency * static_cast<double>(distinct);
  }
  return bits;
}

namespace {

Candidate together(const Candidate& a, const Candidate& b) {
  Candidate both = a;
  both.counts.add(b.counts.counts());
  both.bits = bits_of(both.counts);
  return both;
}

// Neighbours that are better off, or nearly so, with tables in common. `ends` has the first width behind each.
void merge(std::vector<Candidate>& candidates, std::vector<std::size_t>& ends, std::size_t most) {
  std::vector<Candidate> pairs;
  for (std::size_t i = 0; i + 1 < candidates.size(); ++i) pairs.push_back(together(candidates[i], candidates[i + 1]));
  while (!pairs.empty()) {
    const auto loss = [&](std::size_t i) { return pairs[i].bits - candidates[i].bits - candidates[i + 1].bits; };
    std::size_t best = 0;
    for (std::size_t i = 1; i < pairs.size(); ++i)
      if (loss(i) < loss(best)) best = i;
    if (loss(best) > 0 && candidates.size() <= most) return;
    candidates[best] = std::move(pairs[best]);
    const auto at = static_cast<std::ptrdiff_t>(best);
    candidates.erase(candidates.begin() + at + 1);
    ends.erase(ends.begin() + at);
    pairs.erase(pairs.begin() + at);
    if (best > 0) pairs[best - 1] = together(candidates[best - 1], candidates[best]);
    if (best < pairs.size()) pairs[best] = together(candidates[best], candidates[best + 1]);
  }
}

}  // namespace

std::uint8_t TableRanges::class_of(std::size_t range) const {
  return static_cast<std::uint8_t>(std::upper_bound(ends.begin(), ends.end(), range) - ends.begin());
}

TableRanges merge_ranges(const Tally& counts, std::size_t contexts, std::size_t most) {
  TableRanges merged;
  std::vector<Candidate> candidates;
  Candidate all;
  for (std::size_t range = 0; range * contexts < counts.tables(); ++range) {
    Candidate one{counts.part(range * contexts, contexts)};
    one.bits = bits_of(one.counts);
    if (one.bits == 0) continue;  // nothing lies there
    all = candidates.empty() ? one : together(all, one);
    candidates.push_back(std::move(one));
    merged.ends.push_back(range + 1);
  }
  merged.plain_bits = all.bits;
  merge(candidates, merged.ends, most);
  for (const auto& candidate : candidates) {
    merged.bits += candidate.bits;
    merged.counts.append(candidate.counts);
  }
  return merged;
}

}  // namespace brume::compression
