#include "compression/rans_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/rans_encode_vectors.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

// Quotients are whole numbers found by way of floats: the same bytes by every instruction set.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR  // left to the plain loop
std::size_t encode_all(const std::uint32_t* /*ranges*/, std::size_t /*count*/, const std::uint8_t* /*order*/,
                       VectorEncoder& /*encoder*/) {
  return 0;
}
#else

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::FixedTag<std::uint32_t, 4>;
using Integers = hn::RebindToSigned<Words>;
using Floats = hn::RebindToFloat<Words>;
using Bytes = hn::Repartition<std::uint8_t, Words>;
using Vector = hn::Vec<Words>;
constexpr std::size_t kLanes = 4;

// The lower halves of the lanes in `full` go before `at`, in their order. `order` has, for each mask of lanes, sixteen
// bytes, of which the first eight say which of a vector's go there.
HWY_INLINE void give_up_words(Vector x, hn::Mask<Words> full, const std::uint8_t* order, std::byte*& at) {
  std::uint8_t mask[8];  // StoreMaskBits may write as many
  hn::StoreMaskBits(Words(), full, mask);
  const auto words = hn::TableLookupBytes(hn::BitCast(Bytes(), x), hn::LoadU(Bytes(), order + 16 * mask[0]));
  constexpr hn::Half<Bytes> kHalf;
  hn::StoreU(hn::LowerHalf(kHalf, words), kHalf, reinterpret_cast<std::uint8_t*>(at) - 8);
  at -= 2 * __builtin_popcount(mask[0]);
}

HWY_INLINE hn::Vec<Floats> to_float(Vector x) { return hn::ConvertTo(Floats(), hn::BitCast(Integers(), x)); }

// ⌊x / f⌋ or one less (which may be −1), for 1 ≤ f < 2^12 and x < 2^20 f: with division and the rest rounded to the
// nearest, four roundings leave a float off by less than a quarter, and so that which is three quarters less has one of
// them nearest. Floats beyond 2^23 are whole.
HWY_INLINE Vector quotient(Vector x, Vector f) {
  constexpr Floats kFloats;
  const auto of_f = to_float(f);
  const auto half = to_float(hn::ShiftRight<1>(x));
  const auto odd = to_float(hn::And(x, hn::Set(Words(), 1)));
  const auto less = hn::Add(hn::Add(half, half), hn::Sub(odd, hn::Mul(hn::Set(kFloats, 0.75F), of_f)));
  const auto whole = hn::Set(kFloats, 0x1.8p23F);
  const auto about = hn::Add(hn::Mul(less, hn::Div(hn::Set(kFloats, 1), of_f)), whole);
  return hn::Sub(hn::BitCast(Words(), about), hn::BitCast(Words(), whole));
}

HWY_INLINE Vector with_symbols(Vector x, Vector ranges, const std::uint8_t* order, std::byte*& at) {
  const auto f = hn::ShiftRight<16>(ranges);
  const auto start = hn::And(ranges, hn::Set(Words(), 0xFFFF));
  const auto full = hn::Not(hn::Lt(hn::BitCast(Integers(), hn::ShiftRight<20>(x)), hn::BitCast(Integers(), f)));
  const auto full_words = hn::RebindMask(Words(), full);
  give_up_words(x, full_words, order, at);
  const auto less = hn::IfThenElse(full_words, hn::ShiftRight<16>(x), x);
  const auto q = quotient(less, f);
  const auto left = hn::Sub(less, hn::Mul(q, f));
  const auto one_more = hn::Not(hn::Lt(hn::BitCast(Integers(), left), hn::BitCast(Integers(), f)));
  const auto more = hn::IfThenElseZero(hn::RebindMask(Words(), one_more), hn::Sub(hn::Set(Words(), 1U << 12), f));
  return hn::Add(hn::Add(hn::ShiftLeft<12>(q), hn::Add(start, left)), more);
}

std::size_t encode_all(const std::uint32_t* ranges, std::size_t count, const std::uint8_t* order,
                       VectorEncoder& encoder) {
  constexpr Words kWords;
  constexpr std::size_t kVectors = kVectorLanes / kLanes;
  Vector states[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) states[v] = hn::LoadU(kWords, &encoder.states[v * kLanes]);
  auto* at = encoder.at;
  for (std::size_t left = count; left > 0; left -= kVectorLanes)
    for (std::size_t v = kVectors; v-- > 0;)
      states[v] = with_symbols(states[v], hn::LoadU(kWords, ranges + left - kVectorLanes + v * kLanes), order, at);
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(states[v], kWords, &encoder.states[v * kLanes]);
  encoder.at = at;
  return count;
}
#endif

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cassert>

namespace brume::compression {

HWY_EXPORT(encode_all);

namespace {

// Of the words that a mask's lanes give up, the last lane's lies in bytes 6 and 7, and so on downwards.
constexpr auto kOrder = [] {
  std::array<std::uint8_t, 16 * 16> order{};
  for (std::size_t mask = 0; mask < 16; ++mask) {
    std::size_t to = 16 * mask + 8;
    for (std::size_t lane = 4; lane-- > 0;) {
      if ((mask >> lane & 1) == 0) continue;
      order[--to] = static_cast<std::uint8_t>(4 * lane + 1);
      order[--to] = static_cast<std::uint8_t>(4 * lane);
    }
  }
  return order;
}();

}  // namespace

std::size_t encode_vectors(std::span<const std::uint32_t> ranges, VectorEncoder& encoder) {
  assert(ranges.size() % kVectorLanes == 0);
  return HWY_DYNAMIC_DISPATCH(encode_all)(ranges.data(), ranges.size(), kOrder.data(), encoder);
}

}  // namespace brume::compression
#endif
