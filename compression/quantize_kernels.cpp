#include "compression/quantize_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/quantize_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

// Whole vectors; each function returns how many elements (or pairs of them) that was.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using Narrow = hn::Rebind<std::int32_t, Doubles>;
using Words = hn::RebindToUnsigned<Narrow>;
using Floats = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Floats>;

constexpr double kOffset = 0x1.8p20;

HWY_INLINE hn::Vec<Doubles> wide(const float* values) {
  return hn::PromoteTo(Doubles(), hn::LoadU(hn::Rebind<float, Doubles>(), values));
}

// u beside 1.5 · 2^20: a word is the lower half of that double's bits. A sum with it is positive, so that truncation is
// the floor.
struct Round {
  hn::Vec<Doubles> factor;

  HWY_INLINE hn::Vec<Narrow> operator()(const float* values, hn::Vec<Words> word) const {
    constexpr hn::RebindToUnsigned<Doubles> kBits;
    const auto offset = hn::BitCast(kBits, hn::Set(Doubles(), kOffset));
    const auto random = hn::BitCast(Doubles(), hn::Or(hn::PromoteTo(kBits, word), offset));
    const auto sum = hn::Add(hn::Mul(wide(values), factor), random);
    return hn::Sub(hn::DemoteTo(Narrow(), sum), hn::Set(Narrow(), static_cast<std::int32_t>(kOffset)));
  }
};

// By u − ½: there is no conversion from numbers without a sign.
struct Sign {
  hn::Vec<Doubles> half_factor;

  HWY_INLINE hn::Vec<Narrow> operator()(const float* values, hn::Vec<Words> word) const {
    const auto centred = hn::BitCast(Narrow(), hn::Xor(word, hn::Set(Words(), 0x80000000U)));
    const auto random = hn::Mul(hn::PromoteTo(Doubles(), centred), hn::Set(Doubles(), 0x1p-32));
    const auto negative = hn::Ge(random, hn::Mul(wide(values), half_factor));
    return hn::DemoteTo(Narrow(), hn::IfThenElseZero(negative, hn::Set(Doubles(), -1)));
  }
};

// What may come next is on its way while random numbers are drawn for it. It may not be there: an address, no pointer.
HWY_INLINE void fetch_ahead(const float* values, std::size_t by) {
  hwy::Prefetch(reinterpret_cast<const float*>(reinterpret_cast<std::uintptr_t>(values) + by * sizeof(float)));
}

// Value i with word i, value count − pairs + i with the same word's halves exchanged.
template <class Symbol>
HWY_INLINE std::size_t pairs_at_random(Symbol symbol, const float* values, const std::uint32_t* words,
                                       std::size_t count, std::int32_t* symbols) {
  const std::size_t pairs = count / 2;
  const std::size_t second = count - pairs;
  std::size_t i = 0;
  for (; i + hn::Lanes(Doubles()) <= pairs; i += hn::Lanes(Doubles())) {
    fetch_ahead(values, count + 2 * i);
    const auto word = hn::LoadU(Words(), words + i);
    hn::StoreU(symbol(values + i, word), Narrow(), symbols + i);
    hn::StoreU(symbol(values + second + i, hn::RotateRight<16>(word)), Narrow(), symbols + second + i);
  }
  return i;
}

std::size_t round_pairs(const float* values, const std::uint32_t* words, std::size_t count, double inverse,
                        std::int32_t* symbols) {
  return pairs_at_random(Round{hn::Set(Doubles(), inverse)}, values, words, count, symbols);
}

std::size_t sign_pairs(const float* values, const std::uint32_t* words, std::size_t count, double inverse,
                       std::int32_t* symbols) {
  return pairs_at_random(Sign{hn::Set(Doubles(), 0.5 * inverse)}, values, words, count, symbols);
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
#include <bit>

namespace brume::compression {

HWY_EXPORT(round_pairs);
HWY_EXPORT(sign_pairs);
HWY_EXPORT(scale_all);
HWY_EXPORT(scale_all_signs);

namespace {

double uniform(std::uint32_t word) { return static_cast<double>(word) * 0x1p-32; }

// From pair `done` on, and the one in the middle of an odd count.
template <class Symbol>
void finish_pairs(std::size_t done, std::span<const float> values, std::span<const std::uint32_t> words,
                  std::span<std::int32_t> symbols, const Symbol& symbol) {
  const std::size_t pairs = values.size() / 2;
  const std::size_t second = values.size() - pairs;
  for (std::size_t i = done; i < second; ++i) symbols[i] = symbol(values[i], uniform(words[i]));
  for (std::size_t i = done; i < pairs; ++i)
    symbols[second + i] = symbol(values[second + i], uniform(std::rotr(words[i], 16)));
}

}  // namespace

void round_at_random(std::span<const float> values, std::span<const std::uint32_t> words, double inverse,
                     std::span<std::int32_t> symbols) {
  constexpr double kOffset = 0x1.8p20;
  const std::size_t done =
      HWY_DYNAMIC_DISPATCH(round_pairs)(values.data(), words.data(), values.size(), inverse, symbols.data());
  finish_pairs(done, values, words, symbols, [inverse](float value, double u) {
    return static_cast<std::int32_t>(static_cast<double>(value) * inverse + (u + kOffset)) -
           static_cast<std::int32_t>(kOffset);
  });
}

void sign_at_random(std::span<const float> values, std::span<const std::uint32_t> words, double inverse,
                    std::span<std::int32_t> symbols) {
  const std::size_t done =
      HWY_DYNAMIC_DISPATCH(sign_pairs)(values.data(), words.data(), values.size(), inverse, symbols.data());
  finish_pairs(done, values, words, symbols, [inverse](float value, double u) {
    return u - 0.5 < static_cast<double>(value) * (0.5 * inverse) ? 0 : -1;
  });
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
