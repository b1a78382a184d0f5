#include "compression/ecsq_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/ecsq_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Floats>;
using FloatVector = hn::Vec<Floats>;
using IntegerVector = hn::Vec<Integers>;

constexpr float kUnits = 4096;

struct Sums {
  IntegerVector ones, twos, more, one_counts, two_counts, more_counts;
};

HWY_INLINE IntegerVector quantize_vector(FloatVector x, float rounding, Sums& sums) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  const auto symbol = hn::ConvertTo(kIntegers, hn::Add(x, hn::CopySign(hn::Set(kFloats, rounding), x)));
  const auto magnitude = hn::Abs(symbol);
  const auto distance = hn::Sub(hn::ConvertTo(kFloats, magnitude), hn::Abs(x));
  const auto units = hn::ConvertTo(kIntegers, hn::Mul(distance, hn::Set(kFloats, kUnits)));
  const auto one = hn::Set(kIntegers, 1);
  const auto add = [&](auto mask, IntegerVector& sum, IntegerVector& count) {
    sum = hn::Add(sum, hn::IfThenElseZero(mask, units));
    count = hn::Add(count, hn::IfThenElseZero(mask, one));
  };
  add(hn::Eq(magnitude, one), sums.ones, sums.one_counts);
  add(hn::Eq(magnitude, hn::Set(kIntegers, 2)), sums.twos, sums.two_counts);
  add(hn::Gt(magnitude, hn::Set(kIntegers, 2)), sums.more, sums.more_counts);
  return symbol;
}

HWY_INLINE std::int32_t total(IntegerVector v) { return hn::GetLane(hn::SumOfLanes(Integers(), v)); }

// Whole vectors; returns how many values that was.
std::size_t quantize_all(const float* values, std::size_t count, float inverse, float rounding, std::int32_t* symbols,
                         Nearer* nearer) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  const auto zero = hn::Zero(kIntegers);
  Sums sums{zero, zero, zero, zero, zero, zero};
  const auto factor = hn::Set(kFloats, inverse);
  std::size_t i = 0;
  for (; i + hn::Lanes(kFloats) <= count; i += hn::Lanes(kFloats))
    hn::StoreU(quantize_vector(hn::Mul(hn::LoadU(kFloats, values + i), factor), rounding, sums), kIntegers,
               symbols + i);
  nearer->sums = {total(sums.ones), total(sums.twos), total(sums.more)};
  nearer->counts = {total(sums.one_counts), total(sums.two_counts), total(sums.more_counts)};
  return i;
}

std::size_t restore_all(const std::int32_t* symbols, std::size_t count, float step, const float* shifts,
                        float* values) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  std::size_t i = 0;
  for (; i + hn::Lanes(kFloats) <= count; i += hn::Lanes(kFloats)) {
    const auto symbol = hn::LoadU(kIntegers, symbols + i);
    const auto magnitude = hn::Abs(symbol);
    const auto over = [&](std::int32_t n) { return hn::RebindMask(kFloats, hn::Gt(magnitude, hn::Set(kIntegers, n))); };
    auto shift = hn::IfThenElse(over(1), hn::Set(kFloats, shifts[1]), hn::Set(kFloats, shifts[0]));
    shift = hn::IfThenElse(over(2), hn::Set(kFloats, shifts[2]), shift);
    const auto size = hn::Mul(hn::Sub(hn::ConvertTo(kFloats, magnitude), shift), hn::Set(kFloats, step));
    const auto negative = hn::RebindMask(kFloats, hn::Lt(symbol, hn::Zero(kIntegers)));
    const auto value = hn::IfThenElse(negative, hn::Neg(size), size);
    hn::StoreU(hn::IfThenElseZero(over(0), value), kFloats, values + i);
  }
  return i;
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace brume::compression {

HWY_EXPORT(quantize_all);
HWY_EXPORT(restore_all);

Nearer quantize_with_zone(std::span<const float> values, float inverse, float rounding,
                          std::span<std::int32_t> symbols) {
  Nearer nearer;
  std::size_t i =
      HWY_DYNAMIC_DISPATCH(quantize_all)(values.data(), values.size(), inverse, rounding, symbols.data(), &nearer);
  for (; i < values.size(); ++i) {
    const float x = values[i] * inverse;
    symbols[i] = static_cast<std::int32_t>(x + std::copysign(rounding, x));
    const auto magnitude = std::abs(symbols[i]);
    if (magnitude == 0) continue;
    const auto index = static_cast<std::size_t>(std::min(magnitude, 3) - 1);
    nearer.sums[index] += static_cast<std::int32_t>((static_cast<float>(magnitude) - std::fabs(x)) * 4096);
    ++nearer.counts[index];
  }
  return nearer;
}

void restore_from_zone(std::span<const std::int32_t> symbols, float step, const std::array<float, 3>& shifts,
                       std::span<float> values) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(restore_all)(symbols.data(), symbols.size(), step, shifts.data(), values.data());
  for (; i < symbols.size(); ++i) {
    const auto magnitude = std::abs(symbols[i]);
    if (magnitude == 0) {
      values[i] = 0;
      continue;
    }
    const float size =
        (static_cast<float>(magnitude) - shifts[static_cast<std::size_t>(std::min(magnitude, 3) - 1)]) * step;
    values[i] = symbols[i] < 0 ? -size : size;
  }
}

}  // namespace brume::compression
#endif
