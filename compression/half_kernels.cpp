#include "compression/half_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/half_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

// Integers but for magnitudes below 2^−14 of fp16, which are counted in steps of 2^−24. The loops run over vectors of
// one lane at the end.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int32_t kMagnitude = 0x7FFFFFFF;
constexpr std::int32_t kLeastNormal = 113;  // a float's biased exponent for 2^−14
constexpr std::int32_t kRebias = kLeastNormal - 1;
constexpr std::int32_t kMostHalf = 0x7BFF;  // 65,504

template <class Integers>
using FloatsOf = hn::Rebind<float, Integers>;

// Calls work(tag, i) for vectors, and then for single lanes.
template <class Work>
HWY_INLINE void for_each_vector(std::size_t count, const Work& work) {
  constexpr hn::ScalableTag<std::int32_t> kIntegers;
  std::size_t i = 0;
  for (; i + hn::Lanes(kIntegers) <= count; i += hn::Lanes(kIntegers)) work(kIntegers, i);
  for (; i < count; ++i) work(hn::CappedTag<std::int32_t, 1>(), i);
}

template <class Integers>
HWY_INLINE hn::Vec<Integers> load_bits(Integers tag, const float* values) {
  return hn::BitCast(tag, hn::LoadU(FloatsOf<Integers>(), values));
}

// What is added before `Dropped` bits go, so that the nearest is left.
template <int Dropped, class Integers>
HWY_INLINE hn::Vec<Integers> nearest(Integers tag, hn::Vec<Integers> bits) {
  const auto odd = hn::And(hn::ShiftRight<Dropped>(bits), hn::Set(tag, 1));
  return hn::Add(odd, hn::Set(tag, (1 << (Dropped - 1)) - 1));
}

void all_to_bf16(const float* values, const std::uint32_t* words, std::size_t count, std::int32_t* halves) {
  for_each_vector(count, [&](auto tag, std::size_t i) HWY_ATTR {
    using Integers = decltype(tag);
    const auto bits = load_bits(tag, values + i);
    const auto up =
        words ? hn::And(hn::BitCast(tag, hn::LoadU(hn::RebindToUnsigned<Integers>(), words + i)), hn::Set(tag, 0xFFFF))
              : nearest<16>(tag, bits);
    hn::StoreU(hn::ShiftRight<16>(hn::Add(bits, up)), tag, halves + i);
  });
}

bool all_to_fp16(const float* values, std::size_t count, std::int32_t* halves) {
  bool held = true;
  for_each_vector(count, [&](auto tag, std::size_t i) HWY_ATTR {
    using Floats = FloatsOf<decltype(tag)>;
    const auto bits = load_bits(tag, values + i);
    const auto magnitude = hn::And(bits, hn::Set(tag, kMagnitude));
    // Rebiasing the exponent after the rounding lets a mantissa's carry run into it.
    const auto normal =
        hn::Sub(hn::ShiftRight<13>(hn::Add(magnitude, nearest<13>(tag, magnitude))), hn::Set(tag, kRebias << 10));
    // Beside 2^23 there is no place for a fraction: the addition rounds.
    const auto steps = hn::Mul(hn::BitCast(Floats(), magnitude), hn::Set(Floats(), 0x1p24F));
    const auto small = hn::And(hn::BitCast(tag, hn::Add(steps, hn::Set(Floats(), 0x1p23F))), hn::Set(tag, 0x7FFFFF));
    const auto half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(tag, kLeastNormal << 23)), small, normal);
    held = held && hn::AllFalse(tag, hn::Gt(half, hn::Set(tag, kMostHalf)));
    const auto sign = hn::ShiftLeft<15>(hn::ShiftRight<31>(bits));  // extended to the top
    hn::StoreU(hn::Or(sign, half), tag, halves + i);
  });
  return held;
}

bool all_from_bf16(const std::int32_t* halves, std::size_t count, float* values) {
  bool finite = true;
  for_each_vector(count, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto half = hn::LoadU(tag, halves + i);
    const auto exponent = hn::And(half, hn::Set(tag, 0x7F80));
    finite = finite && hn::AllFalse(tag, hn::Eq(exponent, hn::Set(tag, 0x7F80)));
    using Floats = FloatsOf<decltype(tag)>;
    hn::StoreU(hn::BitCast(Floats(), hn::ShiftLeft<16>(half)), Floats(), values + i);
  });
  return finite;
}

bool all_from_fp16(const std::int32_t* halves, std::size_t count, float* values) {
  bool finite = true;
  for_each_vector(count, [&](auto tag, std::size_t i) HWY_ATTR {
    using Floats = FloatsOf<decltype(tag)>;
    const auto half = hn::LoadU(tag, halves + i);
    const auto magnitude = hn::And(half, hn::Set(tag, 0x7FFF));
    finite = finite && hn::AllFalse(tag, hn::Gt(magnitude, hn::Set(tag, kMostHalf)));
    const auto normal = hn::BitCast(Floats(), hn::Add(hn::ShiftLeft<13>(magnitude), hn::Set(tag, kRebias << 23)));
    const auto small = hn::Mul(hn::ConvertTo(Floats(), magnitude), hn::Set(Floats(), 0x1p-24F));
    const auto value =
        hn::IfThenElse(hn::RebindMask(Floats(), hn::Lt(magnitude, hn::Set(tag, 1 << 10))), small, normal);
    const auto sign = hn::ShiftLeft<31>(hn::ShiftRight<15>(half));
    hn::StoreU(hn::BitCast(Floats(), hn::Or(hn::BitCast(decltype(tag)(), value), sign)), Floats(), values + i);
  });
  return finite;
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression {

HWY_EXPORT(all_to_bf16);
HWY_EXPORT(all_to_fp16);
HWY_EXPORT(all_from_bf16);
HWY_EXPORT(all_from_fp16);

void to_bf16(std::span<const float> values, std::span<const std::uint32_t> words, std::span<std::int32_t> halves) {
  const auto* random = words.empty() ? nullptr : words.data();
  HWY_DYNAMIC_DISPATCH(all_to_bf16)(values.data(), random, values.size(), halves.data());
}

bool to_fp16(std::span<const float> values, std::span<std::int32_t> halves) {
  return HWY_DYNAMIC_DISPATCH(all_to_fp16)(values.data(), values.size(), halves.data());
}

bool from_bf16(std::span<const std::int32_t> halves, std::span<float> values) {
  return HWY_DYNAMIC_DISPATCH(all_from_bf16)(halves.data(), halves.size(), values.data());
}

bool from_fp16(std::span<const std::int32_t> halves, std::span<float> values) {
  return HWY_DYNAMIC_DISPATCH(all_from_fp16)(halves.data(), halves.size(), values.data());
}

}  // namespace brume::compression
#endif
