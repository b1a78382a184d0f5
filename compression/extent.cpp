#include "compression/extent.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/extent.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

#include <array>

// Whole vectors, or whole sixteens; each function returns how many elements that was.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Floats>;  // of magnitudes: in the order of the values, those of NaN the largest
using Doubles = hn::CappedTag<double, 8>;
using Parts = std::array<double, 16>;

HWY_INLINE hn::Vec<Integers> bits_of_magnitude(hn::Vec<Floats> v) { return hn::BitCast(Integers(), hn::Abs(v)); }

#if HWY_TARGET == HWY_SCALAR
using Singles = hn::CappedTag<float, 1>;
template <class Work>
HWY_INLINE void in_doubles(hn::Vec<Singles> v, const Work& work) {
  work(0, hn::PromoteTo(Doubles(), v));
}
#else
using Singles = hn::CappedTag<float, 16>;
// work(half, doubles) for both halves of a vector.
template <class Work>
HWY_INLINE void in_doubles(hn::Vec<Singles> v, const Work& work) {
  constexpr hn::Half<Singles> kHalf;
  work(0, hn::PromoteTo(Doubles(), hn::LowerHalf(kHalf, v)));
  work(1, hn::PromoteTo(Doubles(), hn::UpperHalf(kHalf, v)));
}
#endif

// Adds value_of(magnitude) of each, once see(values, place) has seen them.
template <class ValueOf, class See>
HWY_INLINE std::size_t add_up(const float* values, std::size_t count, Parts& parts, std::uint32_t* bits,
                              const ValueOf& value_of, const See& see) {
  constexpr Doubles kDoubles;
  constexpr Singles kSingles;
  constexpr hn::RebindToSigned<Singles> kIntegers;
  constexpr std::size_t kLanes = hn::MaxLanes(kSingles);
  constexpr std::size_t kHalves = kLanes / hn::MaxLanes(kDoubles);
  hn::Vec<Doubles> sums[Parts().size() / hn::MaxLanes(kDoubles)];  // std::array's functions know of no instruction set
  for (auto& sum : sums) sum = hn::Zero(kDoubles);
  auto largest = hn::Zero(kIntegers);
  std::size_t i = 0;
  for (; i + Parts().size() <= count; i += Parts().size())
    for (std::size_t part = 0; part < Parts().size(); part += kLanes) {
      const auto value = hn::LoadU(kSingles, values + i + part);
      const auto magnitude = hn::Abs(value);
      largest = hn::Max(largest, hn::BitCast(kIntegers, magnitude));
      see(value, i + part);
      in_doubles(magnitude, [&](std::size_t half, auto size) HWY_ATTR {
        auto& sum = sums[part / kLanes * kHalves + half];
        sum = hn::Add(sum, value_of(size));
      });
    }
  for (std::size_t part = 0; part < Parts().size(); part += hn::MaxLanes(kDoubles))
    hn::StoreU(sums[part / hn::MaxLanes(kDoubles)], kDoubles, &parts[part]);
  *bits = static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(kIntegers, largest)));
  return i;
}

std::size_t add_squares(const float* values, std::size_t count, Parts& parts, std::uint32_t* bits) {
  return add_up(
      values, count, parts, bits, [](auto size) HWY_ATTR { return hn::Mul(size, size); },
      [](auto /*value*/, std::size_t /*place*/) HWY_ATTR {});
}

std::size_t add_and_find_signs(const float* values, std::size_t count, std::int32_t* symbols, Parts& parts,
                               std::uint32_t* bits) {
  return add_up(
      values, count, parts, bits, [](auto size) HWY_ATTR { return size; },
      [symbols](auto value, std::size_t place) HWY_ATTR {
        constexpr hn::RebindToSigned<Singles> kIntegers;
        const auto negative = hn::RebindMask(kIntegers, hn::Lt(value, hn::Zero(Singles())));
        hn::StoreU(hn::VecFromMask(kIntegers, negative), kIntegers, symbols + place);
      });
}

std::size_t find_largest(const float* values, std::size_t count, std::uint32_t* bits) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  auto largest = hn::Zero(kIntegers);
  std::size_t i = 0;
  for (; i + hn::Lanes(kFloats) <= count; i += hn::Lanes(kFloats))
    largest = hn::Max(largest, bits_of_magnitude(hn::LoadU(kFloats, values + i)));
  *bits = static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(kIntegers, largest)));
  return i;
}

// Where a value is no number the reach means nothing, and `bits` say so.
std::size_t find_reach(const float* values, std::size_t count, Reach* reach, std::uint32_t* bits) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  auto largest = hn::Zero(kIntegers);
  auto positive = hn::Zero(kFloats);
  auto negative = hn::Zero(kFloats);
  std::size_t i = 0;
  for (; i + hn::Lanes(kFloats) <= count; i += hn::Lanes(kFloats)) {
    const auto v = hn::LoadU(kFloats, values + i);
    largest = hn::Max(largest, bits_of_magnitude(v));
    positive = hn::Max(positive, v);
    negative = hn::Min(negative, v);
  }
  reach->positive = hn::GetLane(hn::MaxOfLanes(kFloats, positive));
  reach->negative = -hn::GetLane(hn::MinOfLanes(kFloats, negative));
  *bits = static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(kIntegers, largest)));
  return i;
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "brume/error.hpp"

namespace brume::compression {

HWY_EXPORT(add_squares);
HWY_EXPORT(add_and_find_signs);
HWY_EXPORT(find_largest);
HWY_EXPORT(find_reach);

namespace {

std::uint32_t bits_of_magnitude(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU; }

void require_below_the_most(std::uint32_t largest_bits) {
  if (largest_bits >= std::bit_cast<std::uint32_t>(0x1p126F))
    throw Error("an update holds values that are not finite or beyond 2^126: training diverged");
}

Extent extent(const std::array<double, 16>& parts, std::uint32_t largest) {
  require_below_the_most(largest);
  return {std::accumulate(parts.begin(), parts.end(), 0.0), std::bit_cast<float>(largest)};
}

}  // namespace

Extent extent_of_squares(std::span<const float> values) {
  std::array<double, 16> parts{};
  std::uint32_t largest = 0;
  const std::size_t done = HWY_DYNAMIC_DISPATCH(add_squares)(values.data(), values.size(), parts, &largest);
  for (const float value : values.subspan(done)) {
    parts[0] += static_cast<double>(value) * static_cast<double>(value);
    largest = std::max(largest, bits_of_magnitude(value));
  }
  return extent(parts, largest);
}

Extent signs_of(std::span<const float> values, std::span<std::int32_t> symbols) {
  std::array<double, 16> parts{};
  std::uint32_t largest = 0;
  std::size_t i =
      HWY_DYNAMIC_DISPATCH(add_and_find_signs)(values.data(), values.size(), symbols.data(), parts, &largest);
  for (; i < values.size(); ++i) {
    parts[0] += static_cast<double>(std::fabs(values[i]));
    largest = std::max(largest, bits_of_magnitude(values[i]));
    symbols[i] = values[i] < 0 ? -1 : 0;
  }
  return extent(parts, largest);
}

void require_finite(std::span<const float> values) {
  std::uint32_t largest = 0;
  const std::size_t done = HWY_DYNAMIC_DISPATCH(find_largest)(values.data(), values.size(), &largest);
  for (const float value : values.subspan(done)) largest = std::max(largest, bits_of_magnitude(value));
  require_below_the_most(largest);
}

Reach reach_of(std::span<const float> values) {
  Reach reach;
  std::uint32_t largest = 0;
  const std::size_t done = HWY_DYNAMIC_DISPATCH(find_reach)(values.data(), values.size(), &reach, &largest);
  for (const float value : values.subspan(done)) {
    reach.positive = std::max(reach.positive, value);
    reach.negative = std::max(reach.negative, -value);
    largest = std::max(largest, bits_of_magnitude(value));
  }
  require_below_the_most(largest);
  return reach;
}

}  // namespace brume::compression
#endif
