#include "compression/hadamard.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/hadamard.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cassert>

// Sums and differences of the same pairs in every instruction set.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kInCache = 4096;  // floats: what is below is transformed while it lies in the first-level cache

#if HWY_TARGET != HWY_SCALAR
// Elements that are 1 and 2 apart, within vectors of four.
HWY_INLINE void near(float* values, std::size_t size) {
  constexpr hn::FixedTag<float, 4> kFour;
  for (std::size_t i = 0; i < size; i += 4) {
    auto v = hn::LoadU(kFour, values + i);
    v = hn::Add(hn::OddEven(hn::Neg(v), v), hn::Shuffle2301(v));
    const auto upper_negated = hn::ConcatUpperLower(kFour, hn::Neg(v), v);
    v = hn::Add(upper_negated, hn::Shuffle1032(v));
    hn::StoreU(v, kFour, values + i);
  }
}
#endif

template <class Tag>
HWY_INLINE void one_pass(Tag tag, float* values, std::size_t size, std::size_t half) {
  for (std::size_t first = 0; first < size; first += 2 * half)
    for (std::size_t i = first; i < first + half; i += hn::Lanes(tag)) {
      const auto a = hn::LoadU(tag, values + i);
      const auto b = hn::LoadU(tag, values + i + half);
      hn::StoreU(hn::Add(a, b), tag, values + i);
      hn::StoreU(hn::Sub(a, b), tag, values + i + half);
    }
}

// Elements that are half and 2 · half apart, with one load and one store.
template <class Tag>
HWY_INLINE void two_passes(Tag tag, float* values, std::size_t size, std::size_t half) {
  for (std::size_t first = 0; first < size; first += 4 * half)
    for (std::size_t i = first; i < first + half; i += hn::Lanes(tag)) {
      const auto a = hn::LoadU(tag, values + i);
      const auto b = hn::LoadU(tag, values + i + half);
      const auto c = hn::LoadU(tag, values + i + 2 * half);
      const auto d = hn::LoadU(tag, values + i + 3 * half);
      const auto ab = hn::Add(a, b);
      const auto cd = hn::Add(c, d);
      const auto a_b = hn::Sub(a, b);
      const auto c_d = hn::Sub(c, d);
      hn::StoreU(hn::Add(ab, cd), tag, values + i);
      hn::StoreU(hn::Add(a_b, c_d), tag, values + i + half);
      hn::StoreU(hn::Sub(ab, cd), tag, values + i + 2 * half);
      hn::StoreU(hn::Sub(a_b, c_d), tag, values + i + 3 * half);
    }
}

template <class Tag>
HWY_INLINE void passes(Tag tag, float* values, std::size_t size, std::size_t from, std::size_t to) {
  std::size_t half = from;
  for (; 4 * half <= to; half *= 4) two_passes(tag, values, size, half);
  if (half < to) one_pass(tag, values, size, half);
}

// Within `part` elements.
HWY_INLINE void transform_part(float* values, std::size_t part) {
  constexpr hn::CappedTag<float, 16> kWide;
#if HWY_TARGET == HWY_SCALAR
  passes(kWide, values, part, 1, part);
#else
  near(values, part);
  const std::size_t wide = std::min(std::max<std::size_t>(4, hn::Lanes(kWide)), part);
  passes(hn::FixedTag<float, 4>(), values, part, 4, wide);
  passes(kWide, values, part, wide, part);
#endif
}

void transform(float* values, std::size_t size) {
  const std::size_t part = std::min(kInCache, size);
  for (std::size_t first = 0; first < size; first += part) transform_part(values + first, part);
  passes(hn::CappedTag<float, 16>(), values, size, part, size);
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression {

HWY_EXPORT(transform);

namespace {

// Too few for vectors.
void transform_few(std::span<float> values) {
  if (values.size() < 2) return;
  const float a = values[0];
  values[0] = a + values[1];
  values[1] = a - values[1];
}

}  // namespace

void walsh_hadamard(std::span<float> values) {
  assert(std::has_single_bit(values.size()));
  values.size() < 4 ? transform_few(values) : HWY_DYNAMIC_DISPATCH(transform)(values.data(), values.size());
}

void flip_signs(std::span<float> values, std::span<const std::uint32_t> words) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t sign = words[i / 32] << (31 - i % 32) & 0x80000000U;
    values[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(values[i]) ^ sign);
  }
}

}  // namespace brume::compression
#endif
