#include "compression/dither_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/dither_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using Floats = hn::Rebind<float, Doubles>;
using Integers = hn::Rebind<std::int32_t, Doubles>;
using Words = hn::Rebind<std::uint32_t, Doubles>;
using Bytes = hn::Rebind<std::uint8_t, Doubles>;

// The word less 2^31, as a signed number: u in units of 2^−32, and negative where u is.
HWY_INLINE hn::Vec<Integers> signed_words(const std::uint32_t* words) {
  constexpr Words kWords;
  return hn::BitCast(Integers(), hn::Xor(hn::LoadU(kWords, words), hn::Set(kWords, 0x80000000U)));
}

HWY_INLINE hn::Vec<Doubles> centred(hn::Vec<Integers> words) {
  constexpr Doubles kDoubles;
  return hn::Mul(hn::PromoteTo(kDoubles, words), hn::Set(kDoubles, 0x1p-32));
}

HWY_INLINE hn::Vec<Integers> negated_where(hn::Vec<Integers> words, hn::Vec<Integers> k) {
  return hn::IfThenElse(hn::Lt(words, hn::Zero(Integers())), hn::Neg(k), k);
}

// Whole vectors, as the others; each returns how many elements that was.
std::size_t dither_all(const float* values, const std::uint32_t* words, std::size_t count, double inverse,
                       std::int32_t most, std::int32_t* symbols) {
  constexpr Doubles kDoubles;
  const auto factor = hn::Set(kDoubles, inverse);
  const auto half = hn::Set(kDoubles, 0.5);
  const auto high = hn::Set(kDoubles, most);
  const auto low = hn::Set(kDoubles, -most);
  std::size_t i = 0;
  for (; i + hn::Lanes(kDoubles) <= count; i += hn::Lanes(kDoubles)) {
    const auto word = signed_words(words + i);
    const auto x = hn::PromoteTo(kDoubles, hn::LoadU(Floats(), values + i));
    const auto k = hn::Floor(hn::Add(hn::Add(hn::Mul(x, factor), centred(word)), half));
    const auto symbol = hn::DemoteTo(Integers(), hn::Max(low, hn::Min(high, k)));
    hn::StoreU(negated_where(word, symbol), Integers(), symbols + i);
  }
  return i;
}

std::size_t undo_all(const std::int32_t* symbols, const std::uint32_t* words, std::size_t count, double step,
                     float* values) {
  constexpr Doubles kDoubles;
  const auto factor = hn::Set(kDoubles, step);
  std::size_t i = 0;
  for (; i + hn::Lanes(kDoubles) <= count; i += hn::Lanes(kDoubles)) {
    const auto word = signed_words(words + i);
    const auto k = hn::PromoteTo(kDoubles, negated_where(word, hn::LoadU(Integers(), symbols + i)));
    const auto value = hn::Mul(factor, hn::Sub(k, centred(word)));
    hn::StoreU(hn::DemoteTo(Floats(), value), Floats(), values + i);
  }
  return i;
}

std::size_t contexts_all(const std::uint32_t* words, std::size_t count, std::uint8_t* contexts) {
  constexpr Integers kIntegers;
  const auto seven = hn::Set(kIntegers, 7);
  std::size_t i = 0;
  for (; i + hn::Lanes(kIntegers) <= count; i += hn::Lanes(kIntegers)) {
    const auto word = signed_words(words + i);
    const auto eighth = hn::And(hn::ShiftRight<28>(word), seven);
    const auto context = hn::IfThenElse(hn::Lt(word, hn::Zero(kIntegers)), hn::Sub(seven, eighth), eighth);
    hn::StoreU(hn::DemoteTo(Bytes(), context), Bytes(), contexts + i);
  }
  return i;
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>

namespace brume::compression {

HWY_EXPORT(dither_all);
HWY_EXPORT(undo_all);
HWY_EXPORT(contexts_all);

namespace {

double centred(std::uint32_t word) { return static_cast<double>(word) * 0x1p-32 - 0.5; }
bool mirrored(std::uint32_t word) { return word < 0x80000000U; }

}  // namespace

void dither(std::span<const float> values, std::span<const std::uint32_t> words, double inverse, std::int32_t most,
            std::span<std::int32_t> symbols) {
  std::size_t i =
      HWY_DYNAMIC_DISPATCH(dither_all)(values.data(), words.data(), values.size(), inverse, most, symbols.data());
  for (; i < values.size(); ++i) {
    const double k = std::floor(static_cast<double>(values[i]) * inverse + centred(words[i]) + 0.5);
    const auto symbol = static_cast<std::int32_t>(std::clamp<double>(k, -most, most));
    symbols[i] = mirrored(words[i]) ? -symbol : symbol;
  }
}

void undo_dither(std::span<const std::int32_t> symbols, std::span<const std::uint32_t> words, double step,
                 std::span<float> values) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(undo_all)(symbols.data(), words.data(), symbols.size(), step, values.data());
  for (; i < symbols.size(); ++i) {
    const auto k = mirrored(words[i]) ? -symbols[i] : symbols[i];
    values[i] = static_cast<float>(step * (k - centred(words[i])));
  }
}

void dither_contexts(std::span<const std::uint32_t> words, std::span<std::uint8_t> contexts) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(contexts_all)(words.data(), words.size(), contexts.data());
  for (; i < words.size(); ++i) {
    const std::uint32_t eighth = words[i] >> 28 & 7;
    contexts[i] = static_cast<std::uint8_t>(mirrored(words[i]) ? 7 - eighth : eighth);
  }
}

}  // namespace brume::compression
#endif
