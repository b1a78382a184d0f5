#include "compression/size_classes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/plane_kernels.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kWidths = 14;  // bits of a sum of 32 magnitudes below 2^8
constexpr int kClassBits = 3;
constexpr double kTableBits = 12;        // of a table's head
constexpr double kBitsAFrequency = 5.5;  // of each symbol in it

using Counts = Frequencies::Counts;

// How often symbols occur in groups of some range of widths, for each context.
struct Candidate {
  std::vector<Counts> counts;
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

// Of symbols and tables.
double cost(const std::vector<Counts>& counts) {
  double bits = 0;
  for (const auto& one : counts) {
    std::uint32_t total = 0;
    double sum = 0;
    std::size_t distinct = 0;
    for (const auto n : one) {
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

Candidate together(const Candidate& a, const Candidate& b) {
  Candidate both = a;
  for (std::size_t table = 0; table < both.counts.size(); ++table)
    for (std::size_t symbol = 0; symbol < Frequencies::kSymbols; ++symbol)
      both.counts[table][symbol] += b.counts[table][symbol];
  both.bits = cost(both.counts);
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

std::vector<std::uint8_t> widths_of(std::span<const std::uint8_t> symbols, unsigned zero) {
  std::vector<std::uint16_t> sums((symbols.size() + kGroup - 1) / kGroup);
  add_magnitudes(symbols, static_cast<std::uint8_t>(zero), sums);
  std::vector<std::uint8_t> widths(sums.size());
  std::transform(sums.begin(), sums.end(), widths.begin(),
                 [](std::uint16_t sum) { return static_cast<std::uint8_t>(std::bit_width(sum)); });
  return widths;
}

std::vector<Candidate> count(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> of,
                             std::size_t tables, std::span<const std::uint8_t> widths) {
  std::vector<Candidate> candidates(kWidths);
  for (std::size_t group = 0; group < widths.size(); ++group) {
    auto& counts = candidates[widths[group]].counts;
    if (counts.empty()) counts.resize(tables);
    const std::size_t last = std::min(symbols.size(), (group + 1) * kGroup);
    for (std::size_t i = group * kGroup; i < last; ++i) ++counts[of.empty() ? 0 : of[i]][symbols[i]];
  }
  return candidates;
}

// The class of each group behind each class, as symbols of a context each.
std::vector<std::uint8_t> before(std::span<const std::uint8_t> classes) {
  std::vector<std::uint8_t> shifted(classes.size());
  for (std::size_t i = 1; i < classes.size(); ++i) shifted[i] = classes[i - 1];
  return shifted;
}

std::vector<Counts> transitions(const SizeClasses& classes) {
  std::vector<Counts> counts(classes.count);
  const auto from = before(classes.of_group);
  for (std::size_t i = 0; i < from.size(); ++i) ++counts[from[i]][classes.of_group[i]];
  return counts;
}

// Whether nearly all groups are alike, so that there is nothing to tell apart: so are those of one source.
bool alike(std::span<const std::uint8_t> widths) {
  std::array<std::size_t, kWidths + 1> counts{};
  for (const auto width : widths) ++counts[width];
  std::size_t most = 0;
  for (std::size_t width = 0; width + 1 < counts.size(); ++width)
    most = std::max(most, counts[width] + counts[width + 1]);
  return most >= widths.size() - widths.size() / 64;
}

}  // namespace

SizeClasses classify(std::span<const std::uint8_t> symbols, unsigned zero, std::span<const std::uint8_t> of,
                     std::size_t tables, std::size_t most) {
  const auto widths = widths_of(symbols, zero);
  if (alike(widths)) return {};
  auto by_width = count(symbols, of, tables, widths);
  std::vector<Candidate> candidates;
  std::vector<std::size_t> ends;
  Candidate all{std::vector<Counts>(tables), 0};
  for (std::size_t width = 0; width < kWidths; ++width) {
    if (by_width[width].counts.empty()) continue;
    by_width[width].bits = cost(by_width[width].counts);
    all = together(all, by_width[width]);
    candidates.push_back(std::move(by_width[width]));
    ends.push_back(width + 1);
  }
  SizeClasses classes;
  classes.plain_bits = static_cast<std::uint64_t>(all.bits);
  merge(candidates, ends, most);
  classes.count = candidates.size();
  double bits = 0;
  for (const auto& candidate : candidates) bits += candidate.bits;
  classes.of_group.reserve(widths.size());
  for (const auto width : widths)
    classes.of_group.push_back(
        static_cast<std::uint8_t>(std::upper_bound(ends.begin(), ends.end(), width) - ends.begin()));
  classes.bits = static_cast<std::uint64_t>(bits + cost(transitions(classes)));
  return classes;
}

void write_classes(const SizeClasses& classes, std::vector<std::byte>& out) {
  BitWriter writer(out);
  writer.put(static_cast<std::uint32_t>(classes.count - 1), kClassBits);
  std::vector<Frequencies> tables;
  for (const auto& counts : transitions(classes)) {
    const bool occurs = std::any_of(counts.begin(), counts.end(), [](auto n) { return n > 0; });
    writer.put(occurs ? 1 : 0, 1);
    tables.emplace_back();
    if (!occurs) continue;
    tables.back() = Frequencies::of(counts);
    tables.back().write(writer, kClassBits);
  }
  writer.finish();
  std::vector<std::byte> coded;
  const auto from = before(classes.of_group);
  rans_encode(classes.of_group, tables, {.of = from}, 2, coded);
  ByteWriter length;
  length.varint(coded.size());
  out.insert(out.end(), length.bytes().begin(), length.bytes().end());
  out.insert(out.end(), coded.begin(), coded.end());
}

SizeClasses read_classes(ByteReader& in, std::size_t groups) {
  SizeClasses classes;
  BitReader reader(in.rest());
  classes.count = reader.get(kClassBits) + 1;
  std::vector<Frequencies> tables(std::size_t{1} << kClassBits);
  for (std::size_t i = 0; i < classes.count; ++i)
    if (reader.get(1) == 1) tables[i] = Frequencies::read(reader, kClassBits);
  (void)in.take(reader.finish());
  const auto bytes = in.take(in.varint());
  classes.of_group.resize(groups);
  rans_decode(bytes, tables, {.follows = true}, 2, classes.of_group);
  for (const auto one : classes.of_group)
    if (one >= classes.count) throw FormatError("a group of symbols has an unknown class");
  return classes;
}

}  // namespace brume::compression
