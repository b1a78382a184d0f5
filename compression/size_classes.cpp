#include "compression/size_classes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "brume/error.hpp"
#include "compression/plane_kernels.hpp"
#include "compression/table_ranges.hpp"
#include "compression/tally.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kWidths = 14;  // bits of a sum of 32 magnitudes below 2^8
constexpr int kClassBits = 3;
constexpr std::size_t kEights = kGroup / 8;

std::vector<std::uint8_t> widths_of(std::span<const std::uint16_t> sums) {
  std::vector<std::uint8_t> widths(sums.size());
  std::transform(sums.begin(), sums.end(), widths.begin(),
                 [](std::uint16_t sum) { return static_cast<std::uint8_t>(std::bit_width(sum)); });
  return widths;
}

// The class of each group behind each class, as symbols of a context each.
std::vector<std::uint8_t> before(std::span<const std::uint8_t> classes) {
  std::vector<std::uint8_t> shifted(classes.size());
  for (std::size_t i = 1; i < classes.size(); ++i) shifted[i] = classes[i - 1];
  return shifted;
}

Tally transitions(const SizeClasses& classes) {
  Tally counts(classes.count, classes.count);
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
  std::uint64_t sum = 0;  // whole numbers do not wait for each other
  std::uint64_t squares = 0;
  for (const std::uint32_t one : sums) {
    sum += one;
    squares += one * one;
  }
  return {static_cast<double>(sums.size()), static_cast<double>(sum), static_cast<double>(squares)};
}

// Whether eights and groups differ no more than chance has it, so that there is nothing to tell apart: a sum of n
// magnitudes that know nothing of each other has n times the variance of one.
bool alike(std::span<const std::uint16_t> eights, std::span<const std::uint16_t> groups, const Tally& counts) {
  constexpr double kChance = 1.3;
  Moments magnitudes;
  for (std::size_t table = 0; table < counts.tables(); ++table)
    for (std::size_t size = 0; size < counts.width(); ++size)
      magnitudes.add(static_cast<double>(size), counts[table][size]);
  const double variance = kChance * magnitudes.variance();
  return moments_of(eights).variance() <= 8 * variance &&
         moments_of(groups).variance() <= static_cast<double>(kGroup) * variance;
}

}  // namespace

SizeClasses classify(std::span<const std::uint8_t> sizes, const Tally& counts, const Keys& keys, std::size_t most) {
  std::vector<std::uint16_t> eights((sizes.size() + 7) / 8);
  add_eights(sizes, eights);
  std::vector<std::uint16_t> sums((sizes.size() + kGroup - 1) / kGroup);
  for (std::size_t group = 0; group < sums.size(); ++group) {
    const auto here = std::span(eights).subspan(group * kEights, std::min(kEights, eights.size() - group * kEights));
    sums[group] = std::accumulate(here.begin(), here.end(), std::uint16_t{0});
  }
  if (alike(eights, sums, counts)) return {};
  const auto widths = widths_of(sums);
  std::vector<std::uint32_t> firsts(widths.begin(), widths.end());
  for (auto& first : firsts) first *= static_cast<std::uint32_t>(keys.stride());
  const auto by_width = tally(keys, kWidths, firsts, kGroup);
  auto ranges = merge_ranges(by_width, keys.contexts, most);
  SizeClasses classes;
  classes.alike = false;
  classes.count = ranges.count();
  classes.plain_bits = static_cast<std::uint64_t>(ranges.plain_bits);
  std::array<std::uint8_t, kWidths> of_width;
  for (std::size_t width = 0; width < kWidths; ++width) of_width[width] = ranges.class_of(width);
  classes.of_group.reserve(widths.size());
  for (const auto width : widths) classes.of_group.push_back(of_width[width]);
  classes.counts = std::move(ranges.counts);
  classes.bits = static_cast<std::uint64_t>(ranges.bits + bits_of(transitions(classes)));
  return classes;
}

void write_classes(const SizeClasses& classes, std::vector<std::byte>& out) {
  BitWriter writer(out);
  writer.put(static_cast<std::uint32_t>(classes.count - 1), kClassBits);
  std::vector<Frequencies> tables;
  const auto all = transitions(classes);
  for (std::size_t from = 0; from < all.tables(); ++from) {
    const auto counts = all[from];
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
