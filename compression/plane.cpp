#include "compression/plane.hpp"

#include <algorithm>

#include "brume/codec.hpp"
#include "compression/rans.hpp"
#include "compression/size_classes.hpp"
#include "core/bit_packing.hpp"

namespace brume::compression {

namespace {

enum Mode : std::uint8_t {
  packed = 0,
  constant = 1,
  two_lanes = 2,
  four_lanes = 3,
  classes_two_lanes = 4,
  classes_four_lanes = 5
};

constexpr std::size_t kFewBytes = 8192;  // below, what four states cost more than two shows
constexpr std::size_t kMostClasses = 8;
constexpr std::size_t kFewSymbols = 512;  // too few for classes

bool has_classes(Mode mode) { return mode == classes_two_lanes || mode == classes_four_lanes; }
int lanes_of(Mode mode) { return mode == two_lanes || mode == classes_two_lanes ? 2 : 4; }

Frequencies::Counts count(std::span<const std::uint8_t> symbols) {
  std::array<Frequencies::Counts, 4> counts{};  // equal neighbours do not wait for each other's sum
  std::size_t i = 0;
  for (; i + 4 <= symbols.size(); i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) ++counts[lane][symbols[i + lane]];
  for (; i < symbols.size(); ++i) ++counts[0][symbols[i]];
  for (std::size_t symbol = 0; symbol < Frequencies::kSymbols; ++symbol)
    counts[0][symbol] += counts[1][symbol] + counts[2][symbol] + counts[3][symbol];
  return counts[0];
}

bool occurs(const Frequencies::Counts& counts) {
  return std::any_of(counts.begin(), counts.end(), [](auto count) { return count > 0; });
}

constexpr std::size_t kMostTables = 64;

std::size_t tables_for(const SymbolContexts& contexts) {
  return contexts.in_trellis ? 2 : contexts.of.empty() ? 1 : kMostContexts;
}

// With classes, contexts of symbols are combined: those of a class beside each other.
std::vector<std::uint8_t> combined(const SymbolContexts& contexts, const SizeClasses& classes, std::size_t count) {
  const auto tables = static_cast<unsigned>(tables_for(contexts));
  std::vector<std::uint8_t> of(count);
  for (std::size_t i = 0; i < count; ++i)
    of[i] =
        static_cast<std::uint8_t>(tables * classes.of_group[i / kGroup] + (contexts.of.empty() ? 0 : contexts.of[i]));
  return of;
}

std::vector<Frequencies::Counts> count(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> of,
                                       std::size_t tables, bool all_occur) {
  if (of.empty()) return {count(symbols)};
  std::vector<Frequencies::Counts> counts(tables);
  for (std::size_t i = 0; i < symbols.size(); ++i) ++counts[of[i]][symbols[i]];
  if (all_occur)  // a receiver cannot know which occur
    for (auto& one : counts)
      if (!occurs(one)) one[0] = 1;
  return counts;
}

// Classes where they are worth their bits; of planes of numbers alone.
SizeClasses classes_for(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts) {
  if (contexts.zero == 0 || bits < 2 || symbols.size() < kFewSymbols) return {};
  const std::size_t tables = tables_for(contexts);
  const auto classes =
      classify(symbols, contexts.zero, contexts.of, tables, std::min(kMostClasses, kMostTables / tables));
  return classes.worthwhile() ? classes : SizeClasses();
}

std::vector<std::byte> coded(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                             Mode& mode) {
  std::vector<std::byte> out;
  const auto classes = classes_for(symbols, bits, contexts);
  const bool grouped = classes.count > 1;
  std::vector<std::uint8_t> of(contexts.of.begin(), contexts.of.end());
  if (grouped) {
    write_classes(classes, out);
    of = combined(contexts, classes, symbols.size());
  }
  std::vector<std::byte> bytes;
  BitWriter writer(bytes);
  std::vector<Frequencies> tables;
  tables.reserve(kMostTables);  // `before` stays where it is
  const Frequencies* before = nullptr;
  std::uint64_t expected = 0;
  for (const auto& counts : count(symbols, of, tables_for(contexts) * classes.count, contexts.in_trellis)) {
    tables.emplace_back();
    if (!occurs(counts)) continue;
    tables.back() = Frequencies::of(counts);
    tables.back().write(writer, bits, before);
    before = &tables.back();
    expected += tables.back().about_bits(counts);
  }
  writer.finish();
  const bool few = expected / 8 < kFewBytes;
  mode = grouped ? (few ? classes_two_lanes : classes_four_lanes) : (few ? two_lanes : four_lanes);
  out.insert(out.end(), bytes.begin(), bytes.end());
  rans_encode(symbols, tables, {.of = of}, lanes_of(mode), out);
  return out;
}

// Those of contexts that occur.
std::vector<Frequencies> read_tables(BitReader& in, int bits, std::span<const std::uint8_t> of, std::size_t count) {
  std::vector<bool> occurring(count, of.empty());
  for (const auto context : of) occurring[context] = true;
  std::vector<Frequencies> tables(count);
  const Frequencies* before = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    if (!occurring[i]) continue;
    tables[i] = Frequencies::read(in, bits, before);
    before = &tables[i];
  }
  return tables;
}

std::size_t varint_bytes(std::size_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

void append(std::vector<std::byte>& out, Mode mode, std::span<const std::byte> bytes) {
  out.push_back(static_cast<std::byte>(mode));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void read_coded(ByteReader& in, Mode mode, int bits, const SymbolContexts& contexts, std::span<std::uint8_t> symbols) {
  const auto length = in.varint();
  if (length > packed_bytes(symbols.size(), bits)) throw FormatError("a plane is longer than its symbols warrant");
  ByteReader bytes(in.take(length));
  SizeClasses classes;
  SymbolContexts by = contexts;
  std::vector<std::uint8_t> of;
  if (has_classes(mode)) {
    if (contexts.zero == 0) throw FormatError("a plane has classes that it cannot have");
    classes = read_classes(bytes, (symbols.size() + kGroup - 1) / kGroup);
    if (tables_for(contexts) * classes.count > kMostTables) throw FormatError("a plane has too many classes");
    by.groups = classes.of_group;
    if (!contexts.of.empty()) {
      of = combined(contexts, classes, symbols.size());
      by.of = of;
      by.groups = {};
    }
  }
  BitReader reader(bytes.rest());
  const auto tables = read_tables(reader, bits, by.of, tables_for(contexts) * classes.count);
  (void)bytes.take(reader.finish());
  rans_decode(bytes.rest(), tables, by, lanes_of(mode), symbols);
}

}  // namespace

void write_plane(std::span<const std::uint8_t> symbols, int bits, const SymbolContexts& contexts,
                 std::vector<std::byte>& out) {
  const std::size_t plain = packed_bytes(symbols.size(), bits);
  if (!symbols.empty() && std::all_of(symbols.begin(), symbols.end(), [&](auto s) { return s == symbols[0]; }))
    return append(out, constant, std::as_bytes(symbols.first(1)));
  Mode mode = packed;
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
    case two_lanes:
    case four_lanes:
    case classes_two_lanes:
    case classes_four_lanes:
      return read_coded(in, static_cast<Mode>(mode), bits, contexts, symbols);
    default:
      throw FormatError("a plane is coded in an unknown way");
  }
}

std::size_t most_plane_bytes(std::size_t count, int bits) {
  return 1 + std::max<std::size_t>(1, packed_bytes(count, bits));
}

}  // namespace brume::compression
