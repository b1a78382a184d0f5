#include "compression/rans.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <memory>
#include <type_traits>

#include "brume/codec.hpp"
#include "compression/neighbours.hpp"
#include "compression/rans_steps.hpp"
#include "compression/rans_vectors.hpp"
#include "compression/trellis.hpp"

namespace brume::compression {

namespace {

// Contexts without classes.
struct OneContext {
  static constexpr std::size_t kTables = 1;
  std::size_t operator()(std::size_t /*i*/) const { return 0; }
  void seen(std::size_t /*i*/, std::uint8_t /*symbol*/) {}
};

struct GivenContexts {
  static constexpr std::size_t kTables = kMostContexts;
  const std::uint8_t* of;
  std::size_t operator()(std::size_t i) const { return of[i]; }
  void seen(std::size_t /*i*/, std::uint8_t /*symbol*/) {}
};

struct PreviousContexts {
  std::uint8_t previous = 0;
  std::size_t operator()(std::size_t /*i*/) const { return previous; }
  void seen(std::size_t /*i*/, std::uint8_t symbol) { previous = symbol; }
};

struct TrellisContexts {
  static constexpr std::size_t kTables = 2;
  unsigned zero;
  trellis::Walk walk{};
  std::size_t operator()(std::size_t i) const { return walk.quantiser_at(i); }
  void seen(std::size_t i, std::uint8_t symbol) { walk.step(i, static_cast<std::int32_t>(symbol ^ zero)); }
};

// Classes of contexts.
struct GroupClasses {
  const std::uint8_t* groups;
  std::size_t operator()(std::size_t i) const { return groups[i / kGroup]; }
  void seen(std::uint8_t /*symbol*/) {}
  void seen(std::size_t /*i*/, std::uint8_t /*symbol*/) {}
};

struct SumClasses {
  const std::uint8_t* of_sum;
  unsigned zero;
  Neighbourhood before{};
  std::size_t operator()(std::size_t /*i*/) const { return of_sum[before.sum()]; }
  void seen(std::uint8_t symbol) { before.add(symbol > zero ? symbol - zero : zero - symbol); }
};

template <class Classes, class Contexts>
struct Classed {
  Classes classes;
  Contexts contexts;
  std::size_t operator()(std::size_t i) const { return Contexts::kTables * classes(i) + contexts(i); }
  void seen(std::size_t i, std::uint8_t symbol) {
    classes.seen(symbol);
    contexts.seen(i, symbol);
  }
};

/// Symbols, each by the table of its context, and what coding them takes: at context · 2^bits + symbol.
struct Encoding {
  std::span<const std::uint8_t> symbols;
  std::span<const std::uint8_t> of;
  std::span<const Frequencies> tables;
  int bits = bits_of_symbols(tables);
  std::vector<RansStep> steps = rans_steps(tables, bits);

  std::size_t place(std::size_t i) const { return symbols[i] + (of.empty() ? 0 : std::size_t{of[i]} << bits); }
};

std::size_t encode_by_vectors(const Encoding& encoding, std::size_t count, VectorEncoder& encoder) {
  std::vector<std::uint32_t> of_place(encoding.steps.size());
  std::transform(encoding.steps.begin(), encoding.steps.end(), of_place.begin(), packed_range);
  std::vector<std::uint32_t> ranges(count);
  for (std::size_t i = 0; i < count; ++i) ranges[i] = of_place[encoding.place(i)];
  return encode_vectors(ranges, encoder);
}

// Writes downwards from `end`; returns where the bytes begin.
template <std::size_t Lanes>
std::byte* encode_down(const Encoding& encoding, std::byte* end) {
  VectorEncoder now{.at = end};
  now.states.fill(kLeastState);
  const auto put = [&](std::size_t lane, std::size_t i) {
    rans_put(now.states[lane], encoding.steps[encoding.place(i)], now.at);
  };
  std::size_t left = encoding.symbols.size();
  for (; left % Lanes != 0; --left) put((left - 1) % Lanes, left - 1);
  if (Lanes == kVectorLanes) left -= encode_by_vectors(encoding, left, now);
  for (; left > 0; left -= Lanes)
    for (std::size_t lane = Lanes; lane-- > 0;) put(lane, left - Lanes + lane);
  now.at -= sizeof(std::uint32_t) * Lanes;
  std::memcpy(now.at, now.states.data(), sizeof(std::uint32_t) * Lanes);
  return now.at;
}

// While there are words enough for all lanes; returns how many symbols that was.
template <std::size_t Lanes, class Context>
std::size_t decode_most(RansDecoder<Lanes>& decoder, const std::vector<RansTable>& tables, Context& context,
                        std::span<std::uint8_t> symbols) {
  auto now = decoder;  // in registers, as symbols that are bytes may be anything
  auto at = context;
  const auto* all = tables.data();
  std::size_t i = 0;
  while (symbols.size() - i >= Lanes && now.has_word_for_each()) {
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
      const auto& table = all[at(i + lane)];
      const auto symbol = table.symbols[now.states[lane] & kRemainder];
      now.states[lane] = refilled(without(now.states[lane], table.ranges[symbol]), now.at);
      symbols[i + lane] = symbol;
      at.seen(i + lane, symbol);
    }
    i += Lanes;
  }
  decoder = now;
  context = at;
  return i;
}

// The symbols from `i` on, and whether nothing is left.
template <std::size_t Lanes, class Context>
void decode_rest(RansDecoder<Lanes>& decoder, const std::vector<RansTable>& tables, Context& context, std::size_t i,
                 std::span<std::uint8_t> symbols) {
  for (; i < symbols.size(); ++i) {
    auto& state = decoder.states[i % Lanes];
    const auto& table = tables[context(i)];
    symbols[i] = table.symbols[state & kRemainder];
    state = without(state, table.ranges[symbols[i]]);
    decoder.refill(state);
    context.seen(i, symbols[i]);
  }
  decoder.require_whole();
}

template <std::size_t Lanes, class Context>
void decode_up(std::span<const std::byte> bytes, const std::vector<RansTable>& tables, Context context,
               std::span<std::uint8_t> symbols) {
  RansDecoder<Lanes> decoder(bytes);
  const std::size_t done = decode_most(decoder, tables, context, symbols);
  decode_rest(decoder, tables, context, done, symbols);
}

// For each of the 4,096 remainders of each table: the symbol (8 bits), its frequency (12) and how far into it the
// remainder is (12).
using Slots = std::array<std::uint32_t, Frequencies::kAll>;

std::vector<Slots> slots_of(std::span<const Frequencies> tables) {
  std::vector<Slots> slots(tables.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    std::size_t slot = 0;
    for (std::uint32_t symbol = 0; symbol < Frequencies::kSymbols; ++symbol)
      for (std::uint32_t k = 0; k < tables[i][symbol]; ++k)
        slots[i][slot++] = k << 20 | tables[i][symbol] << 8 | symbol;
  }
  return slots;
}

template <class Contexts, class Work>
void with_classes(const SymbolContexts& by, const Contexts& contexts, const Work& work) {
  if (!by.groups.empty()) return work(Classed<GroupClasses, Contexts>{{by.groups.data()}, contexts});
  if (!by.of_sum.empty()) return work(Classed<SumClasses, Contexts>{{by.of_sum.data(), by.zero}, contexts});
  work(contexts);
}

// In a trellis whose eight stand there.
template <class Work>
void with(const SymbolContexts& by, const trellis::States& walk, const Work& work) {
  if (by.follows) return work(PreviousContexts());
  if (by.in_trellis) return with_classes(by, TrellisContexts{by.zero, trellis::Walk(walk)}, work);
  if (!by.of.empty()) return with_classes(by, GivenContexts{by.of.data()}, work);
  with_classes(by, OneContext(), work);
}

// Contexts do not follow from symbols, but for those of a trellis.
void decode_by_vectors(std::span<const std::byte> bytes, std::span<const Frequencies> frequencies,
                       const std::vector<RansTable>& tables, const SymbolContexts& by,
                       std::span<std::uint8_t> symbols) {
  const auto slots = slots_of(frequencies);
  RansDecoder<kVectorLanes> decoder(bytes);
  VectorDecoder vectors{decoder.states, {}, decoder.at, decoder.end};
  const VectorTables all{slots.front().data(), by.of, by.groups, by.in_trellis, by.zero};
  const std::size_t done = decode_vectors(all, vectors, symbols);
  decoder.states = vectors.states;
  decoder.at = vectors.at;
  with(by, vectors.walk, [&](auto context) { decode_rest(decoder, tables, context, done, symbols); });
}

template <class Work>
void with_lanes(int lanes, const Work& work) {
  assert(lanes == 2 || lanes == 4 || lanes == static_cast<int>(kVectorLanes));
  if (lanes == 2) return work(std::integral_constant<std::size_t, 2>());
  if (lanes == 4) return work(std::integral_constant<std::size_t, 4>());
  work(std::integral_constant<std::size_t, kVectorLanes>());
}

}  // namespace

void rans_encode(std::span<const std::uint8_t> symbols, std::span<const Frequencies> tables,
                 const SymbolContexts& contexts, int lanes, std::vector<std::byte>& out) {
  assert(contexts.of.empty() || contexts.of.size() == symbols.size());
  const Encoding encoding{symbols, contexts.of, tables};
  // A symbol takes at most 12 bits and so no more than one word; two bytes are written and taken back before the first.
  const std::size_t most = 2 * symbols.size() + 4 * static_cast<std::size_t>(lanes) + 2;
  const auto room = std::make_unique_for_overwrite<std::byte[]>(most);
  auto* end = room.get() + most;
  with_lanes(lanes, [&](auto of) { out.insert(out.end(), encode_down<of()>(encoding, end), end); });
}

void rans_decode(std::span<const std::byte> bytes, std::span<const Frequencies> tables, const SymbolContexts& contexts,
                 int lanes, std::span<std::uint8_t> symbols) {
  assert(contexts.of.empty() || contexts.of.size() == symbols.size());
  const auto all = rans_tables(tables);
  if (lanes == static_cast<int>(kVectorLanes)) return decode_by_vectors(bytes, tables, all, contexts, symbols);
  with(contexts, {}, [&](auto context) {
    lanes == 2 ? decode_up<2>(bytes, all, context, symbols) : decode_up<4>(bytes, all, context, symbols);
  });
}

}  // namespace brume::compression
