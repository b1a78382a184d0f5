#include "compression/rans_vectors.hpp"

#include "compression/rans.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/rans_vectors.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // left to the plain loop
std::size_t decode_all(const VectorTables& /*tables*/, VectorDecoder& /*decoder*/, const std::uint8_t* /*places*/,
                       std::uint8_t* /*symbols*/, std::size_t /*count*/) {
  return 0;
}
#else

// Four lanes each: several short vectors overlap where one long one would wait for its gather.
using Words = hn::FixedTag<std::uint32_t, 4>;
using Integers = hn::RebindToSigned<Words>;
static_assert(Frequencies::kBits == 12 && kGroup == 32, "what slots hold, and how long a group is");
using Halves = hn::RebindToUnsigned<hn::Rebind<std::uint16_t, Words>>;
using Bytes = hn::Repartition<std::uint8_t, Halves>;
using Vector = hn::Vec<Words>;
constexpr std::size_t kLanes = 4;
constexpr std::size_t kVectors = kVectorLanes / kLanes;

// x, or where it is below 2^16 x and the next word behind it. `places` has, for each mask of lanes that take one, which
// bytes go where.
HWY_INLINE Vector refill(Vector x, const std::uint8_t* places, const std::byte*& at) {
  constexpr Words kWords;
  constexpr Halves kHalves;
  const auto low = hn::Eq(hn::ShiftRight<16>(x), hn::Zero(kWords));
  std::uint8_t mask[8];  // StoreMaskBits may write as many
  hn::StoreMaskBits(kWords, low, mask);
  const auto next = hn::LoadU(kHalves, reinterpret_cast<const std::uint16_t*>(at));
  const auto order = hn::LoadU(Bytes(), places + 2 * kLanes * mask[0]);
  const auto words =
      hn::PromoteTo(kWords, hn::BitCast(kHalves, hn::TableLookupBytes(hn::BitCast(Bytes(), next), order)));
  at += 2 * __builtin_popcount(mask[0]);
  return hn::IfThenElse(low, hn::Or(hn::ShiftLeft<16>(x), words), x);
}

// GCC gathers into a register as it is, and so waits for what was in it: zeros wait for nothing.
HWY_INLINE Vector gathered(const std::uint32_t* slots, Vector places) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  auto all = hn::Set(Words(), ~0U);
  __asm__("" : "+x"(all.raw));  // else it sees that nothing of the zeros is left
  return Vector{_mm_mask_i32gather_epi32(_mm_setzero_si128(), reinterpret_cast<const int*>(slots), places.raw, all.raw,
                                         sizeof(std::uint32_t))};
#else
  return hn::GatherIndex(Words(), slots, hn::BitCast(Integers(), places));
#endif
}

// Where the tables of four symbols begin, the `v`th four of those from i on: the first, or that of each or of its
// group.
struct First {
  HWY_INLINE Vector operator()(std::size_t /*i*/, std::size_t /*v*/) const { return hn::Zero(Words()); }
  HWY_INLINE void seen(Vector /*slots*/, std::size_t /*v*/) {}
};

struct Given {
  const std::uint8_t* of;
  HWY_INLINE Vector operator()(std::size_t i, std::size_t v) const {
    constexpr hn::Rebind<std::uint8_t, Words> kBytes;
    return hn::ShiftLeft<12>(hn::PromoteTo(Words(), hn::LoadU(kBytes, of + i + v * kLanes)));
  }
  HWY_INLINE void seen(Vector /*slots*/, std::size_t /*v*/) {}
};

struct Grouped {
  const std::uint8_t* groups;
  HWY_INLINE Vector operator()(std::size_t i, std::size_t /*v*/) const {
    return hn::Set(Words(), static_cast<std::uint32_t>(groups[i / 32]) << 12);
  }
  HWY_INLINE void seen(Vector /*slots*/, std::size_t /*v*/) {}
};

// The four trellises of a vector are those of the one before the last.
template <class Classes>
struct InTrellis {
  Classes classes;
  Vector odd_zero;  // 1 if the number 0 is an odd symbol
  Vector walk[2];

  HWY_INLINE InTrellis(const Classes& of, unsigned zero, const std::uint32_t* states)
      : classes(of), odd_zero(hn::Set(Words(), zero & 1U)) {
    for (std::size_t half = 0; half < 2; ++half) walk[half] = hn::LoadU(Words(), states + half * kLanes);
  }
  HWY_INLINE Vector operator()(std::size_t i, std::size_t v) const {
    const auto quantiser = hn::And(walk[v % 2], hn::Set(Words(), 1));
    return hn::Or(hn::ShiftLeft<1>(classes(i, v)), hn::ShiftLeft<12>(quantiser));
  }
  HWY_INLINE void seen(Vector slots, std::size_t v) {
    const auto odd = hn::TestBit(hn::Xor(slots, odd_zero), hn::Set(Words(), 1));
    const auto next =
        hn::IfThenElse(odd, hn::Set(Words(), trellis::followers(1)), hn::Set(Words(), trellis::followers(0)));
    walk[v % 2] = hn::And(hn::Shr(next, hn::ShiftLeft<2>(walk[v % 2])), hn::Set(Words(), 7));
  }
};

template <class Tables>
HWY_INLINE std::size_t decode_with(Tables& tables, const std::uint32_t* slots, VectorDecoder& decoder,
                                   const std::uint8_t* places, std::uint8_t* symbols, std::size_t count) {
  constexpr Words kWords;
  constexpr std::ptrdiff_t kMostRead = 2 * kVectorLanes + sizeof(std::uint64_t);
  const auto remainder = hn::Set(kWords, 0xFFF);
  Vector states[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) states[v] = hn::LoadU(kWords, &decoder.states[v * kLanes]);
  const auto* at = decoder.at;
  std::size_t i = 0;
  for (; i + kVectorLanes <= count && decoder.end - at >= kMostRead; i += kVectorLanes)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto place = hn::Or(hn::And(states[v], remainder), tables(i, v));
      const auto slot = gathered(slots, place);
      tables.seen(slot, v);
      const auto frequency = hn::And(hn::ShiftRight<8>(slot), remainder);
      const auto x = hn::Add(hn::Mul(frequency, hn::ShiftRight<12>(states[v])), hn::ShiftRight<20>(slot));
      states[v] = refill(x, places, at);
      constexpr hn::Rebind<std::uint8_t, Words> kBytes;
      hn::StoreU(hn::TruncateTo(kBytes, hn::And(slot, hn::Set(kWords, 0xFF))), kBytes, symbols + i + v * kLanes);
    }
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(states[v], kWords, &decoder.states[v * kLanes]);
  decoder.at = at;
  return i;
}

std::size_t decode_all(const VectorTables& tables, VectorDecoder& decoder, const std::uint8_t* places,
                       std::uint8_t* symbols, std::size_t count) {
  const auto run = [&](auto contexts)
                       HWY_ATTR { return decode_with(contexts, tables.slots, decoder, places, symbols, count); };
  const auto walk = [&](auto classes) HWY_ATTR {
    InTrellis contexts(classes, tables.zero, decoder.walk.data());
    const auto done = decode_with(contexts, tables.slots, decoder, places, symbols, count);
    for (std::size_t half = 0; half < 2; ++half) hn::StoreU(contexts.walk[half], Words(), &decoder.walk[half * kLanes]);
    return done;
  };
  if (tables.in_trellis) return tables.of_group.empty() ? walk(First{}) : walk(Grouped{tables.of_group.data()});
  if (!tables.of.empty()) return run(Given{tables.of.data()});
  return tables.of_group.empty() ? run(First{}) : run(Grouped{tables.of_group.data()});
}
#endif

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression {

HWY_EXPORT(decode_all);

namespace {

// Byte 2k and 2k + 1 of lane l, if l takes a word and k lanes before it do.
constexpr auto kPlaces = [] {
  std::array<std::uint8_t, 16 * 8> places{};
  for (std::size_t mask = 0; mask < 16; ++mask) {
    std::uint8_t next = 0;
    for (std::size_t lane = 0; lane < 4; ++lane) {
      if ((mask >> lane & 1) == 0) continue;
      places[8 * mask + 2 * lane] = next++;
      places[8 * mask + 2 * lane + 1] = next++;
    }
  }
  return places;
}();

}  // namespace

std::size_t decode_vectors(const VectorTables& tables, VectorDecoder& decoder, std::span<std::uint8_t> symbols) {
  return HWY_DYNAMIC_DISPATCH(decode_all)(tables, decoder, kPlaces.data(), symbols.data(), symbols.size());
}

}  // namespace brume::compression
#endif
