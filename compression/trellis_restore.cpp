#include "compression/trellis_restore.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/trellis_restore.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace brume::compression::trellis::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kLanes>;
using Integers = hn::RebindToSigned<Floats>;
using Words = hn::RebindToUnsigned<Floats>;

HWY_INLINE hn::Vec<Floats> shift_of(hn::Vec<Integers> magnitude, const std::array<float, 3>& shifts) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  const auto is = [&](std::int32_t n) { return hn::RebindMask(kFloats, hn::Eq(magnitude, hn::Set(kIntegers, n))); };
  const auto others = hn::IfThenElse(is(2), hn::Set(kFloats, shifts[1]), hn::Set(kFloats, shifts[2]));
  return hn::IfThenElse(is(1), hn::Set(kFloats, shifts[0]), others);
}

HWY_INLINE hn::Vec<Floats> value_of(hn::Vec<Integers> symbol, hn::Vec<Words> state, float step, const Shifts& shifts) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  const auto odd = hn::And(hn::BitCast(kIntegers, state), hn::Set(kIntegers, 1));
  const auto magnitude = hn::Abs(symbol);
  const auto point = hn::ConvertTo(kFloats, hn::Sub(hn::Add(magnitude, magnitude), odd));
  const auto second = hn::RebindMask(kFloats, hn::Eq(odd, hn::Set(kIntegers, 1)));
  const auto shift = hn::IfThenElse(second, shift_of(magnitude, shifts[1]), shift_of(magnitude, shifts[0]));
  const auto size = hn::Sub(point, shift);
  const auto negative = hn::RebindMask(kFloats, hn::Lt(symbol, hn::Zero(kIntegers)));
  const auto value = hn::Mul(hn::Set(kFloats, step), hn::IfThenElse(negative, hn::Neg(size), size));
  return hn::IfThenZeroElse(hn::RebindMask(kFloats, hn::Eq(symbol, hn::Zero(kIntegers))), value);
}

// Whole eights.
void restore_all(const std::int32_t* symbols, std::size_t count, float step, const Shifts& shifts, States& states,
                 float* values) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  constexpr Words kWords;
  const auto even_next = hn::Set(kWords, followers(0));
  const auto odd_next = hn::Set(kWords, followers(1));
  for (std::size_t lane = 0; lane < kLanes; lane += hn::Lanes(kFloats)) {
    auto state = hn::LoadU(kWords, &states[lane]);
    for (std::size_t i = lane; i < count; i += kLanes) {
      const auto symbol = hn::LoadU(kIntegers, symbols + i);
      hn::StoreU(value_of(symbol, state, step, shifts), kFloats, values + i);
      const auto parity = hn::And(symbol, hn::Set(kIntegers, 1));
      const auto odd = hn::RebindMask(kWords, hn::Eq(parity, hn::Set(kIntegers, 1)));
      const auto next = hn::IfThenElse(odd, odd_next, even_next);
      state = hn::And(hn::Shr(next, hn::ShiftLeft<2>(state)), hn::Set(kWords, 7));
    }
    hn::StoreU(state, kWords, &states[lane]);
  }
}

}  // namespace brume::compression::trellis::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cstdlib>

namespace brume::compression::trellis {

HWY_EXPORT(restore_all);

void restore(std::span<const std::int32_t> symbols, float step, const Shifts& shifts, States& states,
             std::span<float> values) {
  const std::size_t whole = symbols.size() / kLanes * kLanes;
  HWY_DYNAMIC_DISPATCH(restore_all)(symbols.data(), whole, step, shifts, states, values.data());
  for (std::size_t i = whole; i < symbols.size(); ++i) {
    const auto symbol = symbols[i];
    const auto second = quantiser(states[i - whole]);
    const auto magnitude = std::abs(symbol);
    const float size = static_cast<float>(point(second, magnitude)) -
                       shifts[second][static_cast<std::size_t>(std::clamp(magnitude, 1, 3) - 1)];
    values[i] = symbol == 0 ? 0.0F : step * (symbol < 0 ? -size : size);
  }
}

}  // namespace brume::compression::trellis
#endif
