#include "compression/quantize_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/quantize_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

// Whole vectors; each function returns how many elements that was.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using Narrow = hn::Rebind<std::int32_t, Doubles>;
using Floats = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Floats>;

constexpr double kOffset = 0x1.8p20;

// u − ½: there is no conversion from numbers without a sign.
HWY_INLINE hn::Vec<Doubles> centred(const std::uint32_t* words) {
  const auto word = hn::LoadU(hn::RebindToUnsigned<Narrow>(), words);
  const auto centred = hn::BitCast(Narrow(), hn::Xor(word, hn::Set(hn::RebindToUnsigned<Narrow>(), 0x80000000U)));
  return hn::Mul(hn::PromoteTo(Doubles(), centred), hn::Set(Doubles(), 0x1p-32));
}

HWY_INLINE hn::Vec<Doubles> wide(const float* values) {
  return hn::PromoteTo(Doubles(), hn::LoadU(hn::Rebind<float, Doubles>(), values));
}

// u beside 1.5 · 2^20: a word is the lower half of that double's bits. A sum with it is positive, so that truncation is
// the floor.
std::size_t round_all(const float* values, const std::uint32_t* words, std::size_t count, double inverse,
                      std::int32_t* symbols) {
  constexpr Doubles kDoubles;
  constexpr hn::RebindToUnsigned<Doubles> kBits;
  const auto factor = hn::Set(kDoubles, inverse);
  const auto offset = hn::BitCast(kBits, hn::Set(kDoubles, kOffset));
  std::size_t i = 0;
  for (; i + hn::Lanes(kDoubles) <= count; i += hn::Lanes(kDoubles)) {
    const auto word = hn::PromoteTo(kBits, hn::LoadU(hn::RebindToUnsigned<Narrow>(), words + i));
    const auto sum = hn::Add(hn::Mul(wide(values + i), factor), hn::BitCast(kDoubles, hn::Or(word, offset)));
    const auto symbol = hn::Sub(hn::DemoteTo(Narrow(), sum), hn::Set(Narrow(), static_cast<std::int32_t>(kOffset)));
    hn::StoreU(symbol, Narrow(), symbols + i);
  }
  return i;
}

std::size_t sign_all_at_random(const float* values, const std::uint32_t* words, std::size_t count, double inverse,
                               std::int32_t* symbols) {
  constexpr Doubles kDoubles;
  const auto half = hn::Set(kDoubles, 0.5 * inverse);
  std::size_t i = 0;
  for (; i + hn::Lanes(kDoubles) <= count; i += hn::Lanes(kDoubles)) {
    const auto negative = hn::Ge(centred(words + i), hn::Mul(wide(values + i), half));
    const auto one = hn::IfThenElseZero(negative, hn::Set(kDoubles, -1));
    hn::StoreU(hn::DemoteTo(Narrow(), one), Narrow(), symbols + i);
  }
  return i;
}

std::size_t scale_all(const std::int32_t* symbols, std::size_t count, float scale, float* values) {
  constexpr Floats kFloats;
  std::size_t i = 0;
  for (; i + hn::Lanes(kFloats) <= count; i += hn::Lanes(kFloats))
    hn::StoreU(hn::Mul(hn::ConvertTo(kFloats, hn::LoadU(Integers(), symbols + i)), hn::Set(kFloats, scale)), kFloats,
               values + i);
  return i;
}

std::size_t scale_all_signs(const std::int32_t* symbols, std::size_t count, float scale, float* values) {
  constexpr Floats kFloats;
  const auto plus = hn::Set(kFloats, scale);
  const auto minus = hn::Set(kFloats, -scale);
  std::size_t i = 0;
  for (; i + hn::Lanes(kFloats) <= count; i += hn::Lanes(kFloats)) {
    const auto zero = hn::RebindMask(kFloats, hn::Eq(hn::LoadU(Integers(), symbols + i), hn::Zero(Integers())));
    hn::StoreU(hn::IfThenElse(zero, plus, minus), kFloats, values + i);
  }
  return i;
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression {

HWY_EXPORT(round_all);
HWY_EXPORT(sign_all_at_random);
HWY_EXPORT(scale_all);
HWY_EXPORT(scale_all_signs);

namespace {

double uniform(std::uint32_t word) { return static_cast<double>(word) * 0x1p-32; }

}  // namespace

void round_at_random(std::span<const float> values, std::span<const std::uint32_t> words, double inverse,
                     std::span<std::int32_t> symbols) {
  constexpr double kOffset = 0x1.8p20;
  std::size_t i = HWY_DYNAMIC_DISPATCH(round_all)(values.data(), words.data(), values.size(), inverse, symbols.data());
  for (; i < values.size(); ++i)
    symbols[i] = static_cast<std::int32_t>(static_cast<double>(values[i]) * inverse + (uniform(words[i]) + kOffset)) -
                 static_cast<std::int32_t>(kOffset);
}

void sign_at_random(std::span<const float> values, std::span<const std::uint32_t> words, double inverse,
                    std::span<std::int32_t> symbols) {
  std::size_t i =
      HWY_DYNAMIC_DISPATCH(sign_all_at_random)(values.data(), words.data(), values.size(), inverse, symbols.data());
  for (; i < values.size(); ++i)
    symbols[i] = uniform(words[i]) - 0.5 < static_cast<double>(values[i]) * (0.5 * inverse) ? 0 : -1;
}

void scale_symbols(std::span<const std::int32_t> symbols, float scale, std::span<float> values) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(scale_all)(symbols.data(), symbols.size(), scale, values.data());
  for (; i < symbols.size(); ++i) values[i] = static_cast<float>(symbols[i]) * scale;
}

void scale_signs(std::span<const std::int32_t> symbols, float scale, std::span<float> values) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(scale_all_signs)(symbols.data(), symbols.size(), scale, values.data());
  for (; i < symbols.size(); ++i) values[i] = symbols[i] == 0 ? scale : -scale;
}

}  // namespace brume::compression
#endif
