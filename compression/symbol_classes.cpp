#include "compression/symbol_classes.hpp"

#include <algorithm>

#include "brume/codec.hpp"
#include "brume/error.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kMostClasses = 8;
constexpr std::size_t kMostTables = 64;
constexpr std::size_t kFewSymbols = 512;  // too few for classes
constexpr double kWorthWaiting = 0.98;    // a decoder is slower with neighbours' classes

std::vector<std::uint8_t> magnitudes(std::span<const std::uint8_t> symbols, unsigned zero) {
  std::vector<std::uint8_t> sizes(symbols.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const unsigned symbol = symbols[i];
    sizes[i] = static_cast<std::uint8_t>(symbol > zero ? symbol - zero : zero - symbol);
  }
  return sizes;
}

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

/// Classes of symbols, or of their magnitudes with `zero` 0, against the `plain` counts without.
SymbolClasses classes_of(std::span<const std::uint8_t> symbols, unsigned zero, const SymbolContexts& contexts,
                         const RangeCounts& plain) {
  SymbolClasses chosen{.bits = bits_of(plain)};
  if (symbols.size() < kFewSymbols) return chosen;
  const std::size_t room = kMostTables / plain.size();
  chosen.groups = classify(symbols, zero, contexts.of, plain, std::min(kMostClasses, room));
  if (chosen.groups.alike) return chosen;  // so are neighbours
  if (chosen.groups.worthwhile()) {
    chosen.kind = SymbolClasses::Kind::groups;
    chosen.bits = static_cast<double>(chosen.groups.bits);
  }
  chosen.neighbours = classify_by_neighbours(symbols, zero, contexts.of, plain.size(), room);
  if (chosen.neighbours.count > 1 && static_cast<double>(chosen.neighbours.bits) < kWorthWaiting * chosen.bits) {
    chosen.kind = SymbolClasses::Kind::neighbours;
    chosen.bits = static_cast<double>(chosen.neighbours.bits);
  }
  return chosen;
}

}  // namespace

std::size_t tables_for(const SymbolContexts& contexts) {
  return contexts.in_trellis ? 2 : contexts.of.empty() ? 1 : kMostContexts;
}

SymbolClasses choose_classes(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                             const RangeCounts& counts) {
  if (contexts.zero == 0 || bits < 2) return {};
  auto chosen = classes_of(symbols, contexts.zero, contexts, counts);
  if (!can_be_mirrored(counts)) return chosen;
  double signs = 0;
  const auto sizes = folded(counts, contexts.zero, signs);
  if (chosen.groups.alike) {
    chosen.mirrored = bits_of(sizes) + signs < chosen.bits;
    return chosen;
  }
  auto mirrored = classes_of(magnitudes(symbols, contexts.zero), 0, contexts, sizes);
  if (mirrored.bits + signs >= chosen.bits) return chosen;
  mirrored.mirrored = true;
  return mirrored;
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
  const auto of_neighbours = classes_of(classes.neighbours, symbols, contexts.zero);
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
