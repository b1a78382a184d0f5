#include "compression/size_classes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/plane_kernels.hpp"
#include "compression/table_ranges.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kWidths = 14;  // bits of a sum of 32 magnitudes below 2^8
constexpr int kClassBits = 3;

using Counts = Frequencies::Counts;

std::vector<std::uint8_t> widths_of(std::span<const std::uint16_t> sums) {
  std::vector<std::uint8_t> widths(sums.size());
  std::transform(sums.begin(), sums.end(), widths.begin(),
                 [](std::uint16_t sum) { return static_cast<std::uint8_t>(std::bit_width(sum)); });
  return widths;
}

RangeCounts count(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> of, std::size_t tables,
                  std::span<const std::uint8_t> widths) {
  RangeCounts counts(kWidths * tables);  // those of a width beside each other
  for (std::size_t group = 0; group < widths.size(); ++group) {
    auto* here = &counts[widths[group] * tables];
    const std::size_t last = std::min(symbols.size(), (group + 1) * kGroup);
    for (std::size_t i = group * kGroup; i < last; ++i) ++here[of.empty() ? 0 : of[i]][symbols[i]];
  }
  return counts;
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

struct Moments {
  double count = 0;
  double sum = 0;
  double squares = 0;
  void add(double value, double times = 1) {
    count += times;
    sum += times * value;
    squares += times * value * value;
  }
  double variance() const { return squares / count - sum / count * (sum / count); }
};

Moments moments_of(std::span<const std::uint16_t> sums) {
  Moments moments;
  for (const auto sum : sums) moments.add(sum);
  return moments;
}

// Whether eights and groups differ no more than chance has it, so that there is nothing to tell apart: a sum of n
// magnitudes that know nothing of each other has n times the variance of one.
bool alike(std::span<const std::uint16_t> eights, std::span<const std::uint16_t> groups, const RangeCounts& counts,
           unsigned zero) {
  constexpr double kChance = 1.3;
  Moments magnitudes;
  for (const auto& of : counts)
    for (std::size_t symbol = 0; symbol < of.size(); ++symbol)
      magnitudes.add(std::fabs(static_cast<double>(symbol) - zero), of[symbol]);
  const double variance = kChance * magnitudes.variance();
  return moments_of(eights).variance() <= 8 * variance &&
         moments_of(groups).variance() <= static_cast<double>(kGroup) * variance;
}

}  // namespace

SizeClasses classify(std::span<const std::uint8_t> symbols, unsigned zero, std::span<const std::uint8_t> of,
                     const RangeCounts& plain, std::size_t most) {
  std::vector<std::uint16_t> eights((symbols.size() + 7) / 8);
  add_magnitudes(symbols, static_cast<std::uint8_t>(zero), eights);
  std::vector<std::uint16_t> sums((symbols.size() + kGroup - 1) / kGroup);
  for (std::size_t i = 0; i < eights.size(); ++i) sums[i / (kGroup / 8)] += eights[i];
  if (alike(eights, sums, plain, zero)) return {};
  const auto widths = widths_of(sums);
  const auto ranges = merge_ranges(count(symbols, of, plain.size(), widths), plain.size(), most);
  SizeClasses classes;
  classes.alike = false;
  classes.count = ranges.count();
  classes.plain_bits = static_cast<std::uint64_t>(ranges.plain_bits);
  classes.of_group.reserve(widths.size());
  for (const auto width : widths) classes.of_group.push_back(ranges.class_of(width));
  classes.bits = static_cast<std::uint64_t>(ranges.bits + bits_of(transitions(classes)));
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
  std::vector<bool> occurs(tables.size());
  for (std::size_t i = 0; i < classes.count; ++i)
    if ((occurs[i] = reader.get(1) == 1)) tables[i] = Frequencies::read(reader, kClassBits);
  (void)in.take(reader.finish());
  const auto bytes = in.take(in.varint());
  classes.of_group.resize(groups);
  rans_decode(bytes, tables, {.follows = true}, 2, classes.of_group);
  for (std::size_t i = 0; i < groups; ++i)
    if (classes.of_group[i] >= classes.count || !occurs[i == 0 ? 0 : classes.of_group[i - 1]])
      throw FormatError("a group of symbols has an unknown class");
  return classes;
}

}  // namespace brume::compression
