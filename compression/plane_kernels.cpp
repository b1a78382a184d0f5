#include "compression/plane_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/plane_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

// Whole vectors; each function returns how many elements, or groups, that was.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<std::uint32_t>;
using Integers = hn::RebindToSigned<Words>;
using Bytes = hn::Rebind<std::uint8_t, Words>;

HWY_INLINE void store_part(hn::Vec<Words> word, int shift, hn::Vec<Words> mask, std::uint8_t* plane) {
  const auto part = hn::And(hn::ShiftRightSame(word, shift), mask);
  hn::StoreU(hn::TruncateTo(Bytes(), part), Bytes(), plane);
}

std::size_t cut_symbols(const std::int32_t* symbols, std::size_t count, std::uint32_t offset, int shift,
                        std::uint8_t mask, std::uint8_t* plane) {
  constexpr Words kWords;
  std::size_t i = 0;
  for (; i + hn::Lanes(kWords) <= count; i += hn::Lanes(kWords)) {
    const auto word = hn::BitCast(kWords, hn::LoadU(Integers(), symbols + i));
    store_part(hn::Add(word, hn::Set(kWords, offset)), shift, hn::Set(kWords, mask), plane + i);
  }
  return i;
}

std::size_t cut_values(const float* values, std::size_t count, int shift, std::uint8_t mask, std::uint8_t* plane) {
  constexpr Words kWords;
  std::size_t i = 0;
  for (; i + hn::Lanes(kWords) <= count; i += hn::Lanes(kWords)) {
    const auto word = hn::BitCast(kWords, hn::LoadU(hn::RebindToFloat<Words>(), values + i));
    store_part(hn::Or(hn::ShiftLeft<1>(word), hn::ShiftRight<31>(word)), shift, hn::Set(kWords, mask), plane + i);
  }
  return i;
}

std::size_t widen_all(const std::uint8_t* plane, std::size_t count, int shift, std::uint32_t offset,
                      std::int32_t* symbols) {
  constexpr Words kWords;
  std::size_t i = 0;
  for (; i + hn::Lanes(kWords) <= count; i += hn::Lanes(kWords)) {
    const auto part = hn::ShiftLeftSame(hn::PromoteTo(kWords, hn::LoadU(Bytes(), plane + i)), shift);
    hn::StoreU(hn::BitCast(Integers(), hn::Sub(part, hn::Set(kWords, offset))), Integers(), symbols + i);
  }
  return i;
}

std::size_t add_all(const std::uint8_t* plane, std::size_t count, int shift, std::int32_t* symbols) {
  constexpr Words kWords;
  std::size_t i = 0;
  for (; i + hn::Lanes(kWords) <= count; i += hn::Lanes(kWords)) {
    const auto part = hn::ShiftLeftSame(hn::PromoteTo(kWords, hn::LoadU(Bytes(), plane + i)), shift);
    const auto before = hn::LoadU(Integers(), symbols + i);
    hn::StoreU(hn::Add(before, hn::BitCast(Integers(), part)), Integers(), symbols + i);
  }
  return i;
}

std::size_t find_bits(const std::int32_t* symbols, std::size_t count, std::uint32_t* bits) {
  constexpr Integers kIntegers;
  auto all = hn::Zero(kIntegers);
  std::size_t i = 0;
  for (; i + hn::Lanes(kIntegers) <= count; i += hn::Lanes(kIntegers)) {
    const auto symbol = hn::LoadU(kIntegers, symbols + i);
    all = hn::Or(all, hn::Xor(symbol, hn::BroadcastSignBit(symbol)));
  }
  std::int32_t lanes[hn::MaxLanes(kIntegers)];
  hn::StoreU(all, kIntegers, lanes);
  for (std::size_t lane = 0; lane < hn::Lanes(kIntegers); ++lane) *bits |= static_cast<std::uint32_t>(lanes[lane]);
  return i;
}

std::size_t add_all_eights(const std::uint8_t* sizes, std::size_t eights, std::uint16_t* sums) {
#if HWY_TARGET == HWY_SCALAR
  (void)sizes, (void)eights, (void)sums;
  return 0;
#else
  constexpr hn::ScalableTag<std::uint8_t> kBytes;
  constexpr hn::Repartition<std::uint64_t, decltype(kBytes)> kSums;
  constexpr hn::Rebind<std::uint16_t, decltype(kSums)> kNarrow;
  std::size_t eight = 0;
  for (; eight + hn::Lanes(kSums) <= eights; eight += hn::Lanes(kSums)) {
    const auto size = hn::LoadU(kBytes, sizes + 8 * eight);
    hn::StoreU(hn::TruncateTo(kNarrow, hn::SumsOf8(size)), kNarrow, sums + eight);
  }
  return eight;
#endif
}

// `places` has, for each mask of eight that have a sign, how many before each of them do.
std::size_t add_all_signs(std::uint8_t* sizes, std::size_t count, const std::uint8_t* places,
                          const std::uint8_t** signs, std::uint8_t zero) {
#if HWY_TARGET == HWY_SCALAR
  (void)sizes, (void)count, (void)places, (void)signs, (void)zero;
  return 0;
#else
  constexpr hn::FixedTag<std::uint8_t, 8> kEight;
  const auto* sign = *signs;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto size = hn::LoadU(kEight, sizes + i);
    std::uint8_t have[8];  // StoreMaskBits may write as many
    hn::StoreMaskBits(kEight, hn::Ne(size, hn::Zero(kEight)), have);
    const auto order = hn::LoadU(kEight, places + 8 * have[0]);
    const auto all = hn::Sub(hn::Zero(kEight), hn::TableLookupBytes(hn::LoadU(kEight, sign), order));
    hn::StoreU(hn::Add(hn::Set(kEight, zero), hn::Sub(hn::Xor(size, all), all)), kEight, sizes + i);
    sign += __builtin_popcount(have[0]);
  }
  *signs = sign;
  return i;
#endif
}

// `places` has, for each mask of eight that have a sign, which these are.
std::size_t take_all_signs(const std::uint8_t* symbols, std::size_t count, std::uint8_t zero,
                           const std::uint8_t* places, std::uint8_t** signs) {
#if HWY_TARGET == HWY_SCALAR
  (void)symbols, (void)count, (void)zero, (void)places, (void)signs;
  return 0;
#else
  constexpr hn::FixedTag<std::uint8_t, 8> kEight;
  const auto middle = hn::Set(kEight, zero);
  auto* sign = *signs;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto symbol = hn::LoadU(kEight, symbols + i);
    std::uint8_t have[8];  // StoreMaskBits may write as many
    hn::StoreMaskBits(kEight, hn::Ne(symbol, middle), have);
    const auto below = hn::IfThenElseZero(hn::Lt(symbol, middle), hn::Set(kEight, 1));
    hn::StoreU(hn::TableLookupBytes(below, hn::LoadU(kEight, places + 8 * have[0])), kEight, sign);
    sign += __builtin_popcount(have[0]);
  }
  *signs = sign;
  return i;
#endif
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace brume::compression {

HWY_EXPORT(cut_symbols);
HWY_EXPORT(cut_values);
HWY_EXPORT(widen_all);
HWY_EXPORT(add_all);
HWY_EXPORT(find_bits);
HWY_EXPORT(add_all_eights);
HWY_EXPORT(add_all_signs);
HWY_EXPORT(take_all_signs);

void cut(std::span<const std::int32_t> symbols, std::uint32_t offset, int shift, std::uint8_t mask,
         std::span<std::uint8_t> plane) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(cut_symbols)(symbols.data(), symbols.size(), offset, shift, mask, plane.data());
  for (; i < plane.size(); ++i)
    plane[i] = static_cast<std::uint8_t>((static_cast<std::uint32_t>(symbols[i]) + offset) >> shift & mask);
}

void cut(std::span<const float> values, int shift, std::uint8_t mask, std::span<std::uint8_t> plane) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(cut_values)(values.data(), values.size(), shift, mask, plane.data());
  for (; i < plane.size(); ++i)
    plane[i] = static_cast<std::uint8_t>(std::rotl(std::bit_cast<std::uint32_t>(values[i]), 1) >> shift & mask);
}

void widen(std::span<const std::uint8_t> plane, int shift, std::uint32_t offset, std::span<std::int32_t> symbols) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(widen_all)(plane.data(), plane.size(), shift, offset, symbols.data());
  for (; i < plane.size(); ++i) symbols[i] = static_cast<std::int32_t>((std::uint32_t{plane[i]} << shift) - offset);
}

void add_part(std::span<const std::uint8_t> plane, int shift, std::span<std::int32_t> symbols) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(add_all)(plane.data(), plane.size(), shift, symbols.data());
  for (; i < plane.size(); ++i)
    symbols[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(symbols[i]) + (std::uint32_t{plane[i]} << shift));
}

std::uint32_t all_bits(std::span<const std::int32_t> symbols) {
  std::uint32_t bits = 0;
  std::size_t i = HWY_DYNAMIC_DISPATCH(find_bits)(symbols.data(), symbols.size(), &bits);
  for (; i < symbols.size(); ++i) bits |= static_cast<std::uint32_t>(symbols[i] < 0 ? ~symbols[i] : symbols[i]);
  return bits;
}

namespace {

constexpr auto kSignPlaces = [] {
  std::array<std::uint8_t, 256 * 8> places{};
  for (std::size_t mask = 0; mask < 256; ++mask)
    for (std::size_t i = 1; i < 8; ++i)
      places[8 * mask + i] = static_cast<std::uint8_t>(places[8 * mask + i - 1] + (mask >> (i - 1) & 1));
  return places;
}();

constexpr auto kSignsTaken = [] {
  std::array<std::uint8_t, 256 * 8> places{};
  for (std::size_t mask = 0; mask < 256; ++mask)
    for (std::size_t i = 0, taken = 0; i < 8; ++i)
      if ((mask >> i & 1) != 0) places[8 * mask + taken++] = static_cast<std::uint8_t>(i);
  return places;
}();

}  // namespace

std::size_t take_signs(std::span<const std::uint8_t> symbols, std::uint8_t zero, std::uint8_t* signs) {
  auto* next = signs;
  std::size_t i = HWY_DYNAMIC_DISPATCH(take_all_signs)(symbols.data(), symbols.size(), zero, kSignsTaken.data(), &next);
  for (; i < symbols.size(); ++i) {
    *next = symbols[i] < zero ? 1 : 0;
    next += symbols[i] != zero ? 1 : 0;
  }
  return static_cast<std::size_t>(next - signs);
}

void add_signs(std::span<std::uint8_t> sizes, const std::uint8_t* signs, std::uint8_t zero) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(add_all_signs)(sizes.data(), sizes.size(), kSignPlaces.data(), &signs, zero);
  for (; i < sizes.size(); ++i) {
    const unsigned size = sizes[i];
    sizes[i] = static_cast<std::uint8_t>(size != 0 && *signs == 1 ? zero - size : zero + size);
    signs += size != 0 ? 1 : 0;
  }
}

void add_eights(std::span<const std::uint8_t> sizes, std::span<std::uint16_t> sums) {
  const std::size_t done = HWY_DYNAMIC_DISPATCH(add_all_eights)(sizes.data(), sizes.size() / 8, sums.data());
  for (std::size_t eight = done; eight < sums.size(); ++eight) {
    const auto here = sizes.subspan(8 * eight, std::min<std::size_t>(8, sizes.size() - 8 * eight));
    sums[eight] = std::accumulate(here.begin(), here.end(), std::uint16_t{0});
  }
}

}  // namespace brume::compression
#endif
