#include "compression/rans.hpp"

#include <array>
#include <cassert>
#include <cstring>
#include <memory>
#include <type_traits>

#include "brume/codec.hpp"
#include "brume/error.hpp"
#include "compression/neighbours.hpp"
#include "compression/rans_vectors.hpp"
#include "compression/trellis.hpp"

namespace brume::compression {

namespace {

constexpr std::uint32_t kLeast = 1U << 16;  // of a state between symbols
constexpr std::uint32_t kMask = Frequencies::kAll - 1;

// What coding one symbol takes, without a division: ⌊x / f⌋ is the upper half of the product with ⌈2^64 / f⌉, exact for
// 32-bit x and 12-bit f (Granlund and Montgomery 1994).
struct Step {
  std::uint64_t reciprocal;
  std::uint32_t limit;  // a state from here on gives up 16 bits first
  std::uint16_t bias;
  std::uint16_t complement;  // 2^12 − f
};

std::uint32_t quotient(std::uint32_t x, std::uint64_t reciprocal) {
  return static_cast<std::uint32_t>(static_cast<unsigned __int128>(x) * reciprocal >> 64);
}

Step step_of(std::uint32_t start, std::uint32_t frequency) {
  Step step{};
  step.limit = ((kLeast >> Frequencies::kBits) << 16) * frequency;
  step.complement = static_cast<std::uint16_t>(Frequencies::kAll - frequency);
  step.reciprocal = ~std::uint64_t{0} / frequency + 1;
  step.bias = static_cast<std::uint16_t>(start);
  if (frequency == 1) {  // 2^64 does not fit: with one less the quotient is x − 1, which the bias makes up for
    step.reciprocal = ~std::uint64_t{0};
    step.bias = static_cast<std::uint16_t>(start + Frequencies::kAll - 1);
  }
  return step;
}

using Steps = std::array<Step, Frequencies::kSymbols>;

Steps steps_of(const Frequencies& frequencies) {
  Steps steps{};
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < Frequencies::kSymbols; ++i) {
    if (frequencies[i] > 0) steps[i] = step_of(start, frequencies[i]);
    start += frequencies[i];
  }
  return steps;
}

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

// Writes downwards from `end`; returns where the bytes begin.
template <std::size_t Lanes, class Context>
std::byte* encode_down(std::span<const std::uint8_t> symbols, const std::vector<Steps>& steps, Context context,
                       std::byte* end) {
  std::array<std::uint32_t, Lanes> states;
  states.fill(kLeast);
  auto* at = end;
  const auto put = [&](std::uint32_t& state, std::size_t i) {
    const Step& step = steps[context(i)][symbols[i]];
    const auto word = static_cast<std::uint16_t>(state);
    std::memcpy(at - 2, &word, 2);  // kept if the state is too large for the symbol: no branch to guess
    const unsigned full = state >= step.limit ? 1 : 0;
    at -= 2 * full;
    const std::uint32_t x = state >> (16 * full);
    state = x + step.bias + quotient(x, step.reciprocal) * step.complement;
  };
  std::size_t left = symbols.size();
  for (; left % Lanes != 0; --left) put(states[(left - 1) % Lanes], left - 1);
  for (; left > 0; left -= Lanes)
    for (std::size_t lane = Lanes; lane-- > 0;) put(states[lane], left - Lanes + lane);
  at -= sizeof states;
  std::memcpy(at, states.data(), sizeof states);
  return at;
}

// For each of the 4,096 remainders: the symbol (8 bits), its frequency (12) and how far into it the remainder is (12).
using Slots = std::array<std::uint32_t, Frequencies::kAll>;

void fill_slots(const Frequencies& frequencies, Slots& slots) {
  std::size_t slot = 0;
  for (std::uint32_t symbol = 0; symbol < Frequencies::kSymbols; ++symbol)
    for (std::uint32_t i = 0; i < frequencies[symbol]; ++i) slots[slot++] = i << 20 | frequencies[symbol] << 8 | symbol;
}

std::uint32_t advance(std::uint32_t state, std::uint32_t slot) {
  return (slot >> 8 & kMask) * (state >> Frequencies::kBits) + (slot >> 20);
}

template <std::size_t Lanes>
struct Decoder {
  std::array<std::uint32_t, Lanes> states;
  const std::byte* at;
  const std::byte* end;

  explicit Decoder(std::span<const std::byte> bytes)
      : at(bytes.data() + sizeof states), end(bytes.data() + bytes.size()) {
    if (bytes.size() < sizeof states) throw FormatError("a block's coded symbols are cut short");
    std::memcpy(states.data(), bytes.data(), sizeof states);
    for (const auto state : states)
      if (state < kLeast) throw FormatError("a block's coded symbols are invalid");
  }
  void require_whole() const {
    bool whole = at == end;
    for (const auto state : states) whole = whole && state == kLeast;
    if (!whole) throw FormatError("a block's coded symbols are invalid");
  }
};

// While there are words enough for all lanes; returns how many symbols that was.
template <std::size_t Lanes, class Context>
std::size_t decode_most(Decoder<Lanes>& decoder, const std::vector<Slots>& slots, Context& context,
                        std::span<std::uint8_t> symbols) {
  auto states = decoder.states;
  const auto* at = decoder.at;
  std::size_t i = 0;
  while (symbols.size() - i >= Lanes && decoder.end - at >= static_cast<std::ptrdiff_t>(2 * Lanes)) {
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
      const std::uint32_t slot = slots[context(i + lane)][states[lane] & kMask];
      const std::uint32_t x = advance(states[lane], slot);
      std::uint16_t word;  // NOLINT(cppcoreguidelines-init-variables): filled below
      std::memcpy(&word, at, 2);
      const unsigned low = x < kLeast ? 1 : 0;  // no branch to guess
      states[lane] = x << (16 * low) | (word & (0U - low));
      at += 2 * low;
      symbols[i + lane] = static_cast<std::uint8_t>(slot);
      context.seen(i + lane, symbols[i + lane]);
    }
    i += Lanes;
  }
  decoder.states = states;
  decoder.at = at;
  return i;
}

// The symbols from `i` on, and whether nothing is left.
template <std::size_t Lanes, class Context>
void decode_rest(Decoder<Lanes>& decoder, const std::vector<Slots>& slots, Context& context, std::size_t i,
                 std::span<std::uint8_t> symbols) {
  for (; i < symbols.size(); ++i) {
    auto& state = decoder.states[i % Lanes];
    const std::uint32_t slot = slots[context(i)][state & kMask];
    state = advance(state, slot);
    symbols[i] = static_cast<std::uint8_t>(slot);
    context.seen(i, symbols[i]);
    if (state >= kLeast) continue;
    if (decoder.end - decoder.at < 2) throw FormatError("a block's coded symbols are cut short");
    std::uint16_t word;  // NOLINT(cppcoreguidelines-init-variables): filled below
    std::memcpy(&word, decoder.at, 2);
    state = state << 16 | word;
    decoder.at += 2;
  }
  decoder.require_whole();
}

template <std::size_t Lanes, class Context>
void decode_up(std::span<const std::byte> bytes, const std::vector<Slots>& slots, Context context,
               std::span<std::uint8_t> symbols) {
  Decoder<Lanes> decoder(bytes);
  const std::size_t done = decode_most(decoder, slots, context, symbols);
  decode_rest(decoder, slots, context, done, symbols);
}

// Contexts do not wait for symbols.
void decode_by_vectors(std::span<const std::byte> bytes, const std::vector<Slots>& slots, const SymbolContexts& by,
                       std::span<std::uint8_t> symbols) {
  Decoder<kVectorLanes> decoder(bytes);
  VectorDecoder vectors{decoder.states, decoder.at, decoder.end};
  const std::size_t done = decode_vectors({slots.front().data(), by.of, by.groups}, vectors, symbols);
  decoder.states = vectors.states;
  decoder.at = vectors.at;
  const auto rest = [&](auto context) { decode_rest(decoder, slots, context, done, symbols); };
  if (!by.of.empty()) return rest(GivenContexts{by.of.data()});
  if (!by.groups.empty()) return rest(GroupClasses{by.groups.data()});
  rest(OneContext());
}

template <class Contexts, class Work>
void with_classes(const SymbolContexts& by, const Contexts& contexts, const Work& work) {
  if (!by.groups.empty()) return work(Classed<GroupClasses, Contexts>{{by.groups.data()}, contexts});
  if (!by.of_sum.empty()) return work(Classed<SumClasses, Contexts>{{by.of_sum.data(), by.zero}, contexts});
  work(contexts);
}

template <class Work>
void with_lanes(int lanes, const Work& work) {
  assert(lanes == 2 || lanes == 4 || lanes == static_cast<int>(kVectorLanes));
  if (lanes == 2) return work(std::integral_constant<std::size_t, 2>());
  if (lanes == 4) return work(std::integral_constant<std::size_t, 4>());
  work(std::integral_constant<std::size_t, kVectorLanes>());
}

template <class Work>
void with(const SymbolContexts& by, const Work& work) {
  if (by.follows) return work(PreviousContexts());
  if (by.in_trellis) return with_classes(by, TrellisContexts{by.zero}, work);
  if (!by.of.empty()) return with_classes(by, GivenContexts{by.of.data()}, work);
  with_classes(by, OneContext(), work);
}

}  // namespace

void rans_encode(std::span<const std::uint8_t> symbols, std::span<const Frequencies> tables,
                 const SymbolContexts& contexts, int lanes, std::vector<std::byte>& out) {
  assert(contexts.of.empty() || contexts.of.size() == symbols.size());
  std::vector<Steps> steps;
  for (const auto& table : tables) steps.push_back(steps_of(table));
  // A symbol takes at most 12 bits and so no more than one word; two bytes are written and taken back before the first.
  const std::size_t most = 2 * symbols.size() + 4 * static_cast<std::size_t>(lanes) + 2;
  const auto room = std::make_unique_for_overwrite<std::byte[]>(most);
  const std::byte* end = room.get() + most;
  with_lanes(lanes, [&](auto of) {
    const std::byte* first =
        contexts.of.empty() ? encode_down<of()>(symbols, steps, OneContext(), room.get() + most)
                            : encode_down<of()>(symbols, steps, GivenContexts{contexts.of.data()}, room.get() + most);
    out.insert(out.end(), first, end);
  });
}

void rans_decode(std::span<const std::byte> bytes, std::span<const Frequencies> tables, const SymbolContexts& contexts,
                 int lanes, std::span<std::uint8_t> symbols) {
  assert(contexts.of.empty() || contexts.of.size() == symbols.size());
  std::vector<Slots> slots(tables.size());
  for (std::size_t i = 0; i < slots.size(); ++i) fill_slots(tables[i], slots[i]);
  if (lanes == static_cast<int>(kVectorLanes)) return decode_by_vectors(bytes, slots, contexts, symbols);
  with(contexts, [&](auto context) {
    lanes == 2 ? decode_up<2>(bytes, slots, context, symbols) : decode_up<4>(bytes, slots, context, symbols);
  });
}

}  // namespace brume::compression
