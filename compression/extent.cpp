#include "compression/extent.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/extent.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

#include <array>

// Whole vectors, or whole eights; each function returns how many elements that was.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Floats>;  // of magnitudes: in the order of the values, those of NaN the largest
using Doubles = hn::CappedTag<double, 8>;
using Parts = std::array<double, 8>;

HWY_INLINE hn::Vec<Integers> bits_of_magnitude(hn::Vec<Floats> v) { return hn::BitCast(Integers(), hn::Abs(v)); }

std::size_t add_up(const float* values, std::size_t count, Parts& squares, Parts& magnitudes) {
  constexpr Doubles kDoubles;
  constexpr hn::Rebind<float, Doubles> kFloats;
  constexpr std::size_t kVectors = Parts().size() / hn::MaxLanes(kDoubles);
  std::array<hn::Vec<Doubles>, kVectors> square_sums;
  std::array<hn::Vec<Doubles>, kVectors> sums;
  square_sums.fill(hn::Zero(kDoubles));
  sums.fill(hn::Zero(kDoubles));
  std::size_t i = 0;
  for (; i + Parts().size() <= count; i += Parts().size())
    for (std::size_t part = 0; part < kVectors; ++part) {
      const auto floats = hn::Abs(hn::LoadU(kFloats, values + i + part * hn::MaxLanes(kDoubles)));
      const auto size = hn::PromoteTo(kDoubles, floats);
      square_sums[part] = hn::Add(square_sums[part], hn::Mul(size, size));
      sums[part] = hn::Add(sums[part], size);
    }
  for (std::size_t part = 0; part < kVectors; ++part) {
    hn::StoreU(square_sums[part], kDoubles, &squares[part * hn::MaxLanes(kDoubles)]);
    hn::StoreU(sums[part], kDoubles, &magnitudes[part * hn::MaxLanes(kDoubles)]);
  }
  return i;
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

HWY_EXPORT(add_up);
HWY_EXPORT(find_largest);
HWY_EXPORT(find_reach);

namespace {

std::uint32_t bits_of_magnitude(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU; }

void require_below_the_most(std::uint32_t largest_bits) {
  if (largest_bits >= std::bit_cast<std::uint32_t>(0x1p126F))
    throw Error("an update holds values that are not finite or beyond 2^126: training diverged");
}

float largest_of(std::span<const float> values) {
  std::uint32_t largest = 0;
  const std::size_t done = HWY_DYNAMIC_DISPATCH(find_largest)(values.data(), values.size(), &largest);
  for (const float value : values.subspan(done)) largest = std::max(largest, bits_of_magnitude(value));
  require_below_the_most(largest);
  return std::bit_cast<float>(largest);
}

}  // namespace

Extent extent_of(std::span<const float> values) {
  Extent extent{.largest = largest_of(values)};
  std::array<double, 8> squares{};
  std::array<double, 8> magnitudes{};
  const std::size_t done = HWY_DYNAMIC_DISPATCH(add_up)(values.data(), values.size(), squares, magnitudes);
  for (const float value : values.subspan(done)) {
    const auto size = static_cast<double>(std::fabs(value));
    squares[0] += size * size;
    magnitudes[0] += size;
  }
  extent.squares = std::accumulate(squares.begin(), squares.end(), 0.0);
  extent.magnitudes = std::accumulate(magnitudes.begin(), magnitudes.end(), 0.0);
  return extent;
}

void require_finite(std::span<const float> values) { (void)largest_of(values); }

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
