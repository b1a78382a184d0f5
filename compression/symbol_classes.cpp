#include "compression/symbol_classes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "brume/codec.hpp"
#include "brume/error.hpp"
#include "compression/segments.hpp"
#include "compression/signs.hpp"
#include "compression/table_ranges.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kMostClasses = 8;
constexpr std::size_t kMostTables = 64;
constexpr std::size_t kFewSymbols = 512;      // too few for classes
constexpr double kWorthWaiting = 0.98;        // a decoder is slower with neighbours' classes
constexpr double kSkewOfClasses = 4;          // with classes, tables with signs save no more than so many times as much
constexpr double kBitsOfSegments = 8 * 20;    // states, where trellises stand, lengths
constexpr double kBitsOfCodedSigns = 8 * 36;  // states and frequencies

// Counts of magnitudes.
Tally folded(const Tally& counts, std::size_t zero) {
  Tally sizes(counts.tables(), std::max(zero, counts.width() - std::min(zero, counts.width())) + 1);
  for (std::size_t table = 0; table < counts.tables(); ++table)
    for (std::size_t symbol = 0; symbol < counts.width(); ++symbol)
      sizes[table][symbol > zero ? symbol - zero : zero - symbol] += counts[table][symbol];
  return sizes;
}

double with_sign(const Tally& sizes) {
  std::uint64_t count = 0;
  for (std::size_t table = 0; table < sizes.tables(); ++table)
    for (const auto of : sizes[table].subspan(1)) count += of;
  return static_cast<double>(count);
}

// The lowest number has no mirror image.
bool can_be_mirrored(const Tally& counts) {
  for (std::size_t table = 0; table < counts.tables(); ++table)
    if (counts[table][0] > 0) return false;
  return true;
}

// How many neighbours both have a sign, and of how many these differ, but for a few at the end; numbers from zero on
// have its bit.
struct Pairs {
  std::uint32_t all = 0;
  std::uint32_t differ = 0;

  Pairs(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> sizes, unsigned zero) {
    constexpr std::size_t kFew = 128;  // their counts fit a byte
    const auto one = [](unsigned bits) { return static_cast<std::uint8_t>(std::min(bits, 1U)); };
    for (std::size_t first = 0; first + kFew < symbols.size(); first += kFew) {
      std::uint8_t have = 0;
      std::uint8_t change = 0;
      for (std::size_t i = first; i < first + kFew; ++i) {
        const unsigned both = one(sizes[i]) & one(sizes[i + 1]);
        have = static_cast<std::uint8_t>(have + both);
        change = static_cast<std::uint8_t>(change + (both & one((symbols[i] ^ symbols[i + 1]) & zero)));
      }
      all += have;
      differ += change;
    }
  }
};

// About what signs take if each is coded by whether it is as the one before (signs.hpp, which does better). Pairs that
// lie beside each other tell, where enough do.
double bits_of_changes(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> sizes, unsigned zero,
                       double signs) {
  constexpr double kEnough = 0.1;  // of the signs
  const Pairs pairs(symbols, sizes, zero);
  double share = pairs.differ / std::max(1.0, static_cast<double>(pairs.all));
  if (pairs.all < kEnough * signs + 1) {
    const auto all = signs_without_zeros(symbols, zero);
    std::uint32_t changes = 0;
    for (std::size_t i = 1; i < all.size(); ++i) changes += all[i] ^ all[i - 1];
    share = changes / std::max(1.0, signs);
  }
  return share == 0 || share == 1 ? 0 : -signs * (share * std::log2(share) + (1 - share) * std::log2(1 - share));
}

/// Numbers or their magnitudes, which are to be coded, and what is known of them without classes.
struct Numbers {
  std::span<const std::uint8_t> sizes;  ///< magnitudes of either
  const Tally& of_sizes;
  const Keys& keys;
  const Tally& plain;  ///< counts of keys
  std::size_t room() const { return kMostTables / keys.contexts; }
};

// Groups' classes, if they are worth it. `alike` groups have neighbours that tell nothing.
SymbolClasses with_groups(const Numbers& numbers) {
  SymbolClasses chosen{.bits = bits_of(numbers.plain), .counts = numbers.plain};
  if (numbers.sizes.size() < kFewSymbols) return chosen;
  chosen.groups = classify(numbers.sizes, numbers.of_sizes, numbers.keys, std::min(kMostClasses, numbers.room()));
  if (chosen.groups.alike || !chosen.groups.worthwhile()) return chosen;
  chosen.kind = SymbolClasses::Kind::groups;
  chosen.bits = static_cast<double>(chosen.groups.bits);
  chosen.counts = std::move(chosen.groups.counts);
  return chosen;
}

// Neighbours' classes instead, if they are worth it: they save (or cost) so many bits besides.
void consider_neighbours(const Numbers& numbers, bool apart, double gain, SymbolClasses& chosen) {
  const std::size_t count = numbers.sizes.size();
  const std::size_t segment = apart ? segment_length(count) : count;
  chosen.neighbours = classify_by_neighbours(numbers.sizes, numbers.keys, numbers.room(), segment, apart);
  const double bits = static_cast<double>(chosen.neighbours.bits) - gain;
  if (chosen.neighbours.count <= 1 || bits >= kWorthWaiting * chosen.bits) return;
  chosen.kind = SymbolClasses::Kind::neighbours;
  chosen.bits = bits;
  chosen.counts = std::move(chosen.neighbours.counts);
  chosen.apart = apart;
}

SymbolClasses plain_classes(const Numbers& numbers) {
  auto chosen = with_groups(numbers);
  if (!chosen.groups.alike) consider_neighbours(numbers, false, 0, chosen);
  return chosen;
}

/// Classes of magnitudes, whose signs are coded for themselves.
struct Mirrored {
  SymbolClasses classes;
  double saved = 0;  ///< bits, as signs tell of those behind them
};

// `signs` is how many have one.
Mirrored mirrored_classes(std::span<const std::uint8_t> symbols, const SymbolContexts& contexts,
                          const Numbers& magnitudes, double signs) {
  Mirrored mirrored{with_groups(magnitudes)};
  auto& chosen = mirrored.classes;
  if (!chosen.groups.alike) {
    const bool can_be_apart = contexts.of.empty() || contexts.in_trellis;
    const double changes = can_be_apart ? bits_of_changes(symbols, magnitudes.sizes, contexts.zero, signs) : signs;
    const double gain = std::max(0.0, signs - changes - kBitsOfCodedSigns);
    consider_neighbours(magnitudes, can_be_apart, can_be_apart ? gain - kBitsOfSegments : 0, chosen);
    if (chosen.apart) mirrored.saved = gain;
  }
  chosen.mirrored = true;
  chosen.bits += signs;
  return mirrored;
}

}  // namespace

std::size_t tables_for(const SymbolContexts& contexts) {
  return contexts.in_trellis ? 2 : contexts.of.empty() ? 1 : kMostContexts;
}

std::vector<std::uint8_t> magnitudes(std::span<const std::uint8_t> symbols, unsigned zero) {
  std::vector<std::uint8_t> sizes(symbols.size());
  const auto middle = static_cast<std::uint8_t>(zero);
  std::transform(symbols.begin(), symbols.end(), sizes.begin(), [middle](std::uint8_t symbol) {
    return static_cast<std::uint8_t>(std::max(symbol, middle) - std::min(symbol, middle));
  });
  return sizes;
}

SymbolClasses choose_classes(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts) {
  const std::size_t tables = tables_for(contexts);
  const Keys keys(symbols, contexts.of, tables);
  const auto counts = tally(keys);
  if (contexts.zero == 0 || bits < 2) return {.counts = counts};
  const auto sizes = magnitudes(symbols, contexts.zero);
  const auto of_sizes = folded(counts, contexts.zero);
  const Numbers numbers{sizes, of_sizes, keys, counts};
  if (!can_be_mirrored(counts)) return plain_classes(numbers);
  const double signs = with_sign(of_sizes);
  const double skew = bits_of(of_sizes) + signs - bits_of(counts);  // what tables with signs save, without classes
  const Keys keys_of_sizes(sizes, contexts.of, tables);
  auto mirrored = mirrored_classes(symbols, contexts, {sizes, of_sizes, keys_of_sizes, of_sizes}, signs);
  if (mirrored.saved >= kSkewOfClasses * skew) return std::move(mirrored.classes);
  auto chosen = plain_classes(numbers);
  return chosen.bits < mirrored.classes.bits ? std::move(chosen) : std::move(mirrored.classes);
}

namespace {

using FirstTables = std::array<std::uint8_t, kMostTables>;  // of each class

void add_groups(const FirstTables& first, const SizeClasses& classes, std::span<std::uint8_t> of) {
  const auto add = [&](std::size_t group, std::size_t count) {
    const auto table = first[classes.of_group[group]];
    auto* to = &of[group * kGroup];
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(to[i] + table);
  };
  for (std::size_t group = 0; group < of.size() / kGroup; ++group) add(group, kGroup);
  if (of.size() % kGroup != 0) add(of.size() / kGroup, of.size() % kGroup);
}

void add_neighbours(const FirstTables& first, const NeighbourClasses& classes, std::span<std::uint8_t> of) {
  std::array<std::uint8_t, 256> of_sum;
  std::transform(classes.of_sum.begin(), classes.of_sum.end(), of_sum.begin(), [&](auto one) { return first[one]; });
  const auto* sums = classes.sums.data();
  for (std::size_t i = 0; i < of.size(); ++i) of[i] = static_cast<std::uint8_t>(of[i] + of_sum[sums[i]]);
}

}  // namespace

std::vector<std::uint8_t> combined(std::span<const std::uint8_t> symbols, const SymbolContexts& contexts,
                                   const SymbolClasses& classes) {
  std::vector<std::uint8_t> of(contexts.of.begin(), contexts.of.end());
  if (classes.kind == SymbolClasses::Kind::none) return of;
  of.resize(symbols.size());
  FirstTables first;
  for (std::size_t one = 0; one < classes.count(); ++one)
    first[one] = static_cast<std::uint8_t>(tables_for(contexts) * one);
  if (classes.kind == SymbolClasses::Kind::groups)
    add_groups(first, classes.groups, of);
  else
    add_neighbours(first, classes.neighbours, of);
  return of;
}

void write_classes(const SymbolClasses& classes, std::vector<std::byte>& out) {
  if (classes.kind == SymbolClasses::Kind::groups) write_classes(classes.groups, out);
  if (classes.kind != SymbolClasses::Kind::neighbours) return;
  BitWriter writer(out);
  write_classes(classes.neighbours, writer);
  writer.finish();
}

SymbolClasses read_symbol_classes(ByteReader& in, SymbolClasses::Kind kind, std::size_t symbols,
                                  const SymbolContexts& contexts) {
  SymbolClasses classes{.kind = kind};
  if (kind == SymbolClasses::Kind::none) return classes;
  if (contexts.zero == 0) throw FormatError("a plane has classes that it cannot have");
  if (kind == SymbolClasses::Kind::groups) {
    classes.groups = read_classes(in, (symbols + kGroup - 1) / kGroup);
  } else {
    BitReader reader(in.rest());
    classes.neighbours = read_neighbour_classes(reader);
    (void)in.take(reader.finish());
  }
  if (tables_for(contexts) * classes.count() > kMostTables) throw FormatError("a plane has too many classes");
  return classes;
}

}  // namespace brume::compression
