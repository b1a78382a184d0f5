#include "compression/rans.hpp"

#include <array>
#include <cassert>
#include <cstring>
#include <memory>

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

/// Symbols, each by the table of its context.
struct Symbols {
  std::span<const std::uint8_t> symbols;
  std::span<const std::uint8_t> of;
  std::span<const Frequencies> tables;
  int bits = bits_of_symbols(tables);

  /// Where it has its place in tables of 2^bits.
  std::size_t place(std::size_t i) const { return symbols[i] + (of.empty() ? 0 : std::size_t{of[i]} << bits); }
};

// Writes downwards from `end`; returns where the bytes begin.
template <std::size_t Lanes>
std::byte* encode_down(const Symbols& symbols, std::byte* end) {
  const auto steps = rans_steps(symbols.tables, symbols.bits);
  std::array<std::uint32_t, Lanes> states;
  states.fill(kLeastState);
  auto* at = end;
  const auto put = [&](std::size_t lane, std::size_t i) { rans_put(states[lane], steps[symbols.place(i)], at); };
  std::size_t left = symbols.symbols.size();
  for (; left % Lanes != 0; --left) put((left - 1) % Lanes, left - 1);
  for (; left > 0; left -= Lanes)
    for (std::size_t lane = Lanes; lane-- > 0;) put(lane, left - Lanes + lane);
  at -= sizeof states;
  std::memcpy(at, states.data(), sizeof states);
  return at;
}

// The same with sixteen states, most of it by vectors: pieces from the last on, whose ranges stay in the cache.
std::byte* encode_down_by_vectors(const Symbols& symbols, std::byte* end) {
  constexpr std::size_t kPiece = 2048;
  const auto of_places = rans_ranges(symbols.tables, symbols.bits);
  std::array<std::uint32_t, kPiece> ranges;
  VectorEncoder now{.at = end};
  now.states.fill(kLeastState);
  for (std::size_t left = symbols.symbols.size(); left > 0;) {
    const std::size_t first = (left - 1) / kPiece * kPiece;
    for (std::size_t i = first; i < left; ++i) ranges[i - first] = of_places[symbols.place(i)];
    std::size_t count = left - first;
    const auto put_last = [&] {
      const auto range = ranges[--count];
      rans_put(now.states[count % kVectorLanes], rans_step(range & 0xFFFF, range >> 16), now.at);
    };
    while (count % kVectorLanes != 0) put_last();
    count -= encode_vectors(std::span(ranges).first(count), now);
    while (count > 0) put_last();
    left = first;
  }
  now.at -= sizeof now.states;
  std::memcpy(now.at, now.states.data(), sizeof now.states);
  return now.at;
}

// While there are words enough for all lanes; returns how many symbols that was.
template <std::size_t Lanes, class Context>
std::size_t decode_most(RansDecoder<Lanes>& decoder, const RansTable* tables, Context& context,
                        std::span<std::uint8_t> symbols) {
  auto now = decoder;  // in registers, as symbols that are bytes may be anything
  auto at = context;
  std::size_t i = 0;
  while (symbols.size() - i >= Lanes && now.has_words(Lanes)) {
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
      const auto& table = tables[at(i + lane)];
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

// The symbols from `i` on, by take(context, state), and whether nothing is left.
template <std::size_t Lanes, class Context, class Take>
void decode_rest(RansDecoder<Lanes>& decoder, Context& context, std::size_t i, std::span<std::uint8_t> symbols,
                 const Take& take) {
  for (; i < symbols.size(); ++i) {
    auto& state = decoder.states[i % Lanes];
    symbols[i] = take(context(i), state);
    decoder.refill(state);
    context.seen(i, symbols[i]);
  }
  decoder.require_whole();
}

template <std::size_t Lanes, class Context>
void decode_up(std::span<const std::byte> bytes, const RansTable* tables, Context context,
               std::span<std::uint8_t> symbols) {
  RansDecoder<Lanes> decoder(bytes);
  const std::size_t done = decode_most(decoder, tables, context, symbols);
  decode_rest(decoder, context, done, symbols, [&](std::size_t of, std::uint32_t& state) {
    const auto symbol = tables[of].symbols[state & kRemainder];
    state = without(state, tables[of].ranges[symbol]);
    return symbol;
  });
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
void decode_by_vectors(std::span<const std::byte> bytes, std::span<const Frequencies> tables, const SymbolContexts& by,
                       std::span<std::uint8_t> symbols) {
  const auto slots = slots_of(tables);
  RansDecoder<kVectorLanes> decoder(bytes);
  VectorDecoder vectors{decoder.states, {}, decoder.at, decoder.end};
  const VectorTables all{slots.front().data(), by.of, by.groups, by.in_trellis, by.zero};
  const std::size_t done = decode_vectors(all, vectors, symbols);
  decoder.states = vectors.states;
  decoder.at = vectors.at;
  const auto take = [&](std::size_t of, std::uint32_t& state) {
    const std::uint32_t slot = slots[of][state & kRemainder];
    state = (slot >> 8 & kRemainder) * (state >> Frequencies::kBits) + (slot >> 20);
    return static_cast<std::uint8_t>(slot);
  };
  with(by, vectors.walk, [&](auto context) { decode_rest(decoder, context, done, symbols, take); });
}

}  // namespace

void rans_encode(std::span<const std::uint8_t> symbols, std::span<const Frequencies> tables,
                 const SymbolContexts& contexts, int lanes, std::vector<std::byte>& out) {
  assert(contexts.of.empty() || contexts.of.size() == symbols.size());
  assert(lanes == 2 || lanes == 4 || lanes == static_cast<int>(kVectorLanes));
  const Symbols all{symbols, contexts.of, tables};
  // A symbol takes at most 12 bits and so no more than one word; before the first, two bytes or, where there are
  // vectors and so the states' 64, eight are written and taken back.
  const std::size_t most = 2 * symbols.size() + 4 * static_cast<std::size_t>(lanes) + 2;
  const auto room = std::make_unique_for_overwrite<std::byte[]>(most);
  auto* end = room.get() + most;
  const auto* first = lanes == 2   ? encode_down<2>(all, end)
                      : lanes == 4 ? encode_down<4>(all, end)
                                   : encode_down_by_vectors(all, end);
  out.insert(out.end(), first, static_cast<const std::byte*>(end));
}

void rans_decode(std::span<const std::byte> bytes, std::span<const Frequencies> tables, const SymbolContexts& contexts,
                 int lanes, std::span<std::uint8_t> symbols) {
  assert(contexts.of.empty() || contexts.of.size() == symbols.size());
  if (lanes == static_cast<int>(kVectorLanes)) return decode_by_vectors(bytes, tables, contexts, symbols);
  const auto all = rans_tables(tables);
  with(contexts, {}, [&](auto context) {
    lanes == 2 ? decode_up<2>(bytes, all.get(), context, symbols) : decode_up<4>(bytes, all.get(), context, symbols);
  });
}

}  // namespace brume::compression
