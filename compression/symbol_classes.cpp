#include "compression/symbol_classes.hpp"

#include <algorithm>
#include <cmath>

#include "brume/codec.hpp"
#include "brume/error.hpp"
#include "compression/segments.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kMostClasses = 8;
constexpr std::size_t kMostTables = 64;
constexpr std::size_t kFewSymbols = 512;      // too few for classes
constexpr double kWorthWaiting = 0.98;        // a decoder is slower with neighbours' classes
constexpr double kBitsOfSegments = 8 * 20;    // states, where trellises stand, lengths
constexpr double kBitsOfCodedSigns = 8 * 36;  // states and frequencies

// Counts of magnitudes, and how many have a sign.
RangeCounts folded(const RangeCounts& counts, std::size_t zero, double& signs) {
  RangeCounts sizes(counts.size());
  signs = 0;
  for (std::size_t table = 0; table < counts.size(); ++table) {
    const auto& of = counts[table];
    sizes[table][0] = of[zero];
    for (std::size_t m = 1; m < zero; ++m) {
      sizes[table][m] = of[zero + m] + of[zero - m];
      signs += sizes[table][m];
    }
  }
  return sizes;
}

// The lowest number has no mirror image.
bool can_be_mirrored(const RangeCounts& counts) {
  return std::none_of(counts.begin(), counts.end(), [](const auto& of) { return of[0] > 0; });
}

// What signs take if each is coded by whether it is as the one before (signs.hpp, which does better).
double bits_of_changes(std::span<const std::uint8_t> symbols, unsigned zero, double signs) {
  std::uint32_t changes = 0;
  std::uint32_t before = 0;
  for (const std::uint32_t symbol : symbols) {
    const std::uint32_t has_sign = symbol == zero ? 0 : 1;
    const std::uint32_t differs = ((symbol < zero ? 1U : 0U) ^ before) & has_sign;
    changes += differs;
    before ^= differs;
  }
  const double share = changes / std::max(1.0, signs);
  return share == 0 || share == 1 ? 0 : -signs * (share * std::log2(share) + (1 - share) * std::log2(1 - share));
}

/// Numbers, or their magnitudes with `zero` 0, and what is known without classes.
struct Numbers {
  std::span<const std::uint8_t> symbols;
  unsigned zero;
  std::span<const std::uint8_t> contexts;
  const RangeCounts& plain;
  std::size_t room() const { return kMostTables / plain.size(); }
};

// Groups' classes, if they are worth it. `alike` groups have neighbours that tell nothing.
SymbolClasses with_groups(const Numbers& numbers) {
  SymbolClasses chosen{.bits = bits_of(numbers.plain)};
  if (numbers.symbols.size() < kFewSymbols) return chosen;
  chosen.groups =
      classify(numbers.symbols, numbers.zero, numbers.contexts, numbers.plain, std::min(kMostClasses, numbers.room()));
  if (chosen.groups.alike || !chosen.groups.worthwhile()) return chosen;
  chosen.kind = SymbolClasses::Kind::groups;
  chosen.bits = static_cast<double>(chosen.groups.bits);
  return chosen;
}

// Neighbours' classes instead, if they are worth it: they save (or cost) so many bits besides.
void consider_neighbours(const Numbers& numbers, double gain, SymbolClasses& chosen) {
  chosen.neighbours =
      classify_by_neighbours(numbers.symbols, numbers.zero, numbers.contexts, numbers.plain.size(), numbers.room());
  const double bits = static_cast<double>(chosen.neighbours.bits) - gain;
  if (chosen.neighbours.count <= 1 || bits >= kWorthWaiting * chosen.bits) return;
  chosen.kind = SymbolClasses::Kind::neighbours;
  chosen.bits = bits;
}

SymbolClasses plain_classes(std::span<const std::uint8_t> symbols, const SymbolContexts& contexts,
                            const RangeCounts& counts) {
  const Numbers numbers{symbols, contexts.zero, contexts.of, counts};
  auto chosen = with_groups(numbers);
  if (!chosen.groups.alike) consider_neighbours(numbers, 0, chosen);
  return chosen;
}

// Of numbers none of which is the lowest, by their magnitudes.
SymbolClasses mirrored_classes(std::span<const std::uint8_t> symbols, const SymbolContexts& contexts,
                               const RangeCounts& sizes, double signs) {
  const auto magnitudes = compression::magnitudes(symbols, contexts.zero);
  const Numbers numbers{magnitudes, 0, contexts.of, sizes};
  auto chosen = with_groups(numbers);
  if (!chosen.groups.alike) {
    const bool can_be_apart = contexts.of.empty() || contexts.in_trellis;
    const double changes = can_be_apart ? bits_of_changes(symbols, contexts.zero, signs) : signs;
    const double gain = std::max(0.0, signs - changes - kBitsOfCodedSigns);
    consider_neighbours(numbers, can_be_apart ? gain - kBitsOfSegments : 0, chosen);
    chosen.apart = can_be_apart && chosen.kind == SymbolClasses::Kind::neighbours;
  }
  chosen.mirrored = true;
  chosen.bits += signs;
  return chosen;
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

SymbolClasses choose_classes(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                             const RangeCounts& counts) {
  if (contexts.zero == 0 || bits < 2) return {};
  if (!can_be_mirrored(counts)) return plain_classes(symbols, contexts, counts);
  double signs = 0;
  const auto sizes = folded(counts, contexts.zero, signs);
  auto mirrored = mirrored_classes(symbols, contexts, sizes, signs);
  if (bits_of(sizes) + signs <= bits_of(counts)) return mirrored;
  auto chosen = plain_classes(symbols, contexts, counts);
  return chosen.bits < mirrored.bits ? chosen : mirrored;
}

std::vector<std::uint8_t> combined(std::span<const std::uint8_t> symbols, const SymbolContexts& contexts,
                                   const SymbolClasses& classes) {
  std::vector<std::uint8_t> of(contexts.of.begin(), contexts.of.end());
  if (classes.kind == SymbolClasses::Kind::none) return of;
  of.resize(symbols.size());
  const auto tables = static_cast<unsigned>(tables_for(contexts));
  if (classes.kind == SymbolClasses::Kind::groups) {
    for (std::size_t i = 0; i < of.size(); ++i)
      of[i] = static_cast<std::uint8_t>(of[i] + tables * classes.groups.of_group[i / kGroup]);
    return of;
  }
  const auto of_neighbours = classes_of(classes.neighbours, symbols, contexts.zero,
                                        classes.apart ? segment_length(symbols.size()) : symbols.size());
  for (std::size_t i = 0; i < of.size(); ++i) of[i] = static_cast<std::uint8_t>(of[i] + tables * of_neighbours[i]);
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
