#include "compression/plane.hpp"

#include <algorithm>
#include <array>

#include "brume/codec.hpp"
#include "compression/apart.hpp"
#include "compression/rans.hpp"
#include "compression/rans_vectors.hpp"
#include "compression/segments.hpp"
#include "compression/symbol_classes.hpp"
#include "core/bit_packing.hpp"

namespace brume::compression {

namespace {

using Kind = SymbolClasses::Kind;

enum Mode : std::uint8_t { packed = 0, constant = 1 };

/// Planes coded by rANS: with which classes, by how many states.
struct CodedMode {
  std::uint8_t mode;
  Kind classes;
  int lanes;
  bool mirrored;
  bool apart = false;
};
constexpr std::array<CodedMode, 17> kCodedModes{{{2, Kind::none, 2, false},
                                                 {3, Kind::none, 4, false},
                                                 {4, Kind::groups, 2, false},
                                                 {5, Kind::groups, 4, false},
                                                 {6, Kind::neighbours, 2, false},
                                                 {7, Kind::neighbours, 4, false},
                                                 {8, Kind::none, 2, true},
                                                 {9, Kind::none, 4, true},
                                                 {10, Kind::groups, 2, true},
                                                 {11, Kind::groups, 4, true},
                                                 {12, Kind::neighbours, 2, true},
                                                 {13, Kind::neighbours, 4, true},
                                                 {14, Kind::none, 16, false},
                                                 {15, Kind::groups, 16, false},
                                                 {16, Kind::none, 16, true},
                                                 {17, Kind::groups, 16, true},
                                                 {18, Kind::neighbours, kSegments, true, true}}};

// Whether a receiver cannot know which contexts occur before it has the symbols.
bool follow_from_symbols(const SymbolContexts& contexts, Kind classes) {
  return contexts.in_trellis || classes == Kind::neighbours;
}

// Planes of how many bytes have more states than two, and as many as vectors take: below, what states cost shows;
// beside the tables of many contexts for longer. In a trellis classes make two states slow, so that more are worth
// their bytes.
struct FewBytes {
  std::uint64_t for_two;
  std::uint64_t for_vectors;
};

FewBytes few_bytes(const SymbolContexts& contexts, Kind classes) {
  if (contexts.in_trellis) return classes == Kind::groups ? FewBytes{2048, 4096} : FewBytes{8192, 10240};
  return {8192, contexts.of.empty() ? 8192U : 12288U};
}

int lanes_for(const SymbolContexts& contexts, Kind classes, std::uint64_t bytes) {
  const auto few = few_bytes(contexts, classes);
  if (bytes < few.for_two) return 2;
  return classes == Kind::neighbours || bytes < few.for_vectors ? 4 : static_cast<int>(kVectorLanes);
}

CodedMode mode_for(const SymbolClasses& classes, int lanes) {
  return *std::find_if(kCodedModes.begin(), kCodedModes.end(), [&](const auto& one) {
    return one.classes == classes.kind && one.mirrored == classes.mirrored && one.apart == classes.apart &&
           (one.apart || one.lanes == lanes);
  });
}

bool occurs(const Frequencies::Counts& counts) {
  return std::any_of(counts.begin(), counts.end(), [](auto count) { return count > 0; });
}

// Of symbols: a magnitude's are all of what is above zero. None of mirrored ones is as far from it as the lowest.
std::vector<Frequencies::Counts> counts_of(const SymbolClasses& classes, std::size_t zero) {
  const std::size_t first = classes.mirrored ? zero : 0;
  std::vector<Frequencies::Counts> counts(classes.counts.tables());
  for (std::size_t table = 0; table < counts.size(); ++table) {
    const auto from = classes.counts[table];
    const std::size_t room = std::min(from.size(), Frequencies::kSymbols - first);
    std::copy_n(from.begin(), room, counts[table].begin() + static_cast<std::ptrdiff_t>(first));
  }
  return counts;
}

void make_all_occur(std::vector<Frequencies::Counts>& counts, std::size_t zero) {
  for (auto& one : counts)
    if (!occurs(one)) one[zero] = 1;
}

std::vector<std::byte> coded(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                             std::uint8_t& mode) {
  const auto classes = choose_classes(symbols, bits, contexts);
  auto counts = counts_of(classes, contexts.zero);
  std::vector<std::byte> out;
  write_classes(classes, out);
  if (follow_from_symbols(contexts, classes.kind)) make_all_occur(counts, contexts.zero);
  BitWriter writer(out);
  std::vector<Frequencies> tables;
  tables.reserve(counts.size());  // `before` stays where it is
  const Frequencies* before = nullptr;
  std::uint64_t expected = 0;
  for (const auto& one : counts) {
    tables.emplace_back();
    if (!occurs(one)) continue;
    auto& table = tables.back();
    table = classes.mirrored ? Frequencies::mirrored(one, contexts.zero) : Frequencies::of(one);
    classes.mirrored ? table.write_mirrored(writer, bits, contexts.zero, before) : table.write(writer, bits, before);
    before = &table;
    expected += table.about_bits(one);
  }
  writer.finish();
  const auto how = mode_for(classes, lanes_for(contexts, classes.kind, expected / 8));
  mode = how.mode;
  if (how.apart)
    write_apart(symbols, classes, tables, contexts, out);
  else
    rans_encode(symbols, tables, {.of = combined(symbols, contexts, classes)}, how.lanes, out);
  return out;
}

// Those of contexts that occur, or all.
std::vector<Frequencies> read_tables(BitReader& in, int bits, std::size_t mirror, std::span<const std::uint8_t> of,
                                     std::size_t count) {
  std::vector<bool> occurring(count, of.empty());
  for (const auto context : of) occurring[context] = true;
  std::vector<Frequencies> tables(count);
  const Frequencies* before = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    if (!occurring[i]) continue;
    tables[i] = mirror > 0 ? Frequencies::read_mirrored(in, bits, mirror, before) : Frequencies::read(in, bits, before);
    before = &tables[i];
  }
  return tables;
}

std::size_t varint_bytes(std::size_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

void append(std::vector<std::byte>& out, std::uint8_t mode, std::span<const std::byte> bytes) {
  out.push_back(static_cast<std::byte>(mode));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void read_coded(ByteReader& in, const CodedMode& mode, int bits, const SymbolContexts& contexts,
                std::span<std::uint8_t> symbols) {
  const auto length = in.varint();
  if (length > packed_bytes(symbols.size(), bits)) throw FormatError("a plane is longer than its symbols warrant");
  ByteReader bytes(in.take(length));
  const auto classes = read_symbol_classes(bytes, mode.classes, symbols.size(), contexts);
  const bool all = contexts.of.empty() || follow_from_symbols(contexts, mode.classes);
  const auto occurring = all ? std::vector<std::uint8_t>() : combined(symbols, contexts, classes);
  BitReader reader(bytes.rest());
  if (mode.mirrored && contexts.zero == 0) throw FormatError("a plane's numbers have no zero to be mirrored at");
  if (mode.apart && !contexts.of.empty() && !contexts.in_trellis)
    throw FormatError("a plane is coded in a way that its contexts cannot have");
  const auto tables =
      read_tables(reader, bits, mode.mirrored ? contexts.zero : 0, occurring, tables_for(contexts) * classes.count());
  (void)bytes.take(reader.finish());
  SymbolContexts by = contexts;
  const bool with_classes = mode.lanes == 16 && !occurring.empty();
  if (with_classes) by.of = occurring;
  if (mode.classes == Kind::groups && !with_classes) by.groups = classes.groups.of_group;
  if (mode.classes == Kind::neighbours) by.of_sum = classes.neighbours.of_sum;
  if (mode.apart) return read_apart(bytes, tables, by, symbols);
  rans_decode(bytes.rest(), tables, by, mode.lanes, symbols);
}

}  // namespace

void write_plane(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                 std::vector<std::byte>& out) {
  const std::size_t plain = packed_bytes(symbols.size(), bits);
  if (!symbols.empty() && std::all_of(symbols.begin(), symbols.end(), [&](auto s) { return s == symbols[0]; }))
    return append(out, constant, std::as_bytes(symbols.first(1)));
  std::uint8_t mode = packed;
  const auto bytes = symbols.empty() ? std::vector<std::byte>() : coded(symbols, bits, contexts, mode);
  if (symbols.empty() || bytes.size() + varint_bytes(bytes.size()) >= plain) {
    append(out, packed, {});
    const std::size_t first = out.size();
    out.resize(first + plain);
    return pack<std::uint8_t>(symbols, bits, std::span(out).subspan(first));
  }
  ByteWriter length;
  length.varint(bytes.size());
  append(out, mode, length.bytes());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void read_plane(ByteReader& in, int bits, const SymbolContexts& contexts, std::span<std::uint8_t> symbols) {
  switch (const auto mode = in.u8()) {
    case packed: {
      const auto bytes = in.take(packed_bytes(symbols.size(), bits));
      if (!padding_is_zero(bytes, symbols.size(), bits))
        throw FormatError("a plane's last byte is not filled with zeros");
      std::vector<std::int16_t> wide(symbols.size());  // unpack() extends signs
      unpack<std::int16_t>(bytes, bits, wide);
      const auto mask = static_cast<unsigned>((1 << bits) - 1);
      std::transform(wide.begin(), wide.end(), symbols.begin(),
                     [&](std::int16_t s) { return static_cast<std::uint8_t>(static_cast<unsigned>(s) & mask); });
      return;
    }
    case constant: {
      const auto symbol = in.u8();
      if (symbol >> bits != 0) throw FormatError("a plane has symbols beyond its bits");
      std::fill(symbols.begin(), symbols.end(), symbol);
      return;
    }
    default: {
      const auto* how =
          std::find_if(kCodedModes.begin(), kCodedModes.end(), [&](const auto& one) { return one.mode == mode; });
      if (how == kCodedModes.end()) throw FormatError("a plane is coded in an unknown way");
      return read_coded(in, *how, bits, contexts, symbols);
    }
  }
}

std::size_t most_plane_bytes(std::size_t count, int bits) {
  return 1 + std::max<std::size_t>(1, packed_bytes(count, bits));
}

}  // namespace brume::compression
