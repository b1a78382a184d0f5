#include "core/bit_packing.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/bit_packing.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

// Each function takes whole vectors of symbols, and returns how many that was: the rest begins with a whole byte.
HWY_BEFORE_NAMESPACE();
namespace brume::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // one lane holds no pair: left to the plain loop
std::size_t pack_some(const std::int32_t* /*symbols*/, std::size_t /*count*/, int /*bits*/, std::byte* /*out*/) {
  return 0;
}
std::size_t unpack_some(const std::byte* /*packed*/, std::size_t /*count*/, int /*bits*/, std::int32_t* /*symbols*/) {
  return 0;
}
#else

using Integers = hn::ScalableTag<std::int32_t>;
using Words = hn::RebindToUnsigned<Integers>;
using Pairs = hn::Repartition<std::uint64_t, Integers>;  // two symbols in each
using Eight = hn::CappedTag<std::int32_t, 8>;            // as many as one byte has bits, or fewer

template <class Narrow>
HWY_INLINE std::size_t pack_whole(const std::int32_t* symbols, std::size_t count, Narrow* out) {
  constexpr Integers kIntegers;
  constexpr hn::Rebind<Narrow, Integers> kNarrow;
  std::size_t i = 0;
  for (; i + hn::Lanes(kIntegers) <= count; i += hn::Lanes(kIntegers))
    hn::StoreU(hn::TruncateTo(kNarrow, hn::BitCast(Words(), hn::LoadU(kIntegers, symbols + i))), kNarrow, out + i);
  return i;
}

template <class Narrow>
HWY_INLINE std::size_t unpack_whole(const Narrow* packed, std::size_t count, std::int32_t* symbols) {
  constexpr Integers kIntegers;
  constexpr hn::Rebind<Narrow, Integers> kNarrow;
  std::size_t i = 0;
  for (; i + hn::Lanes(kIntegers) <= count; i += hn::Lanes(kIntegers))
    hn::StoreU(hn::PromoteTo(kIntegers, hn::LoadU(kNarrow, packed + i)), kIntegers, symbols + i);
  return i;
}

HWY_INLINE std::size_t pack_nibbles(const std::int32_t* symbols, std::size_t count, std::uint8_t* out) {
  constexpr Pairs kPairs;
  constexpr hn::Rebind<std::uint8_t, Pairs> kBytes;
  const std::size_t lanes = 2 * hn::Lanes(kPairs);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto pair = hn::BitCast(kPairs, hn::LoadU(Integers(), symbols + i));
    const auto low = hn::And(pair, hn::Set(kPairs, 0x0F));
    const auto high = hn::And(hn::ShiftRight<28>(pair), hn::Set(kPairs, 0xF0));
    hn::StoreU(hn::TruncateTo(kBytes, hn::Or(low, high)), kBytes, out + i / 2);
  }
  return i;
}

// Both nibbles go to the top of their halves, and come down with their signs.
HWY_INLINE std::size_t unpack_nibbles(const std::uint8_t* packed, std::size_t count, std::int32_t* symbols) {
  constexpr Pairs kPairs;
  constexpr hn::Rebind<std::uint8_t, Pairs> kBytes;
  constexpr hn::Rebind<std::uint32_t, Pairs> kWords;
  const std::size_t lanes = 2 * hn::Lanes(kPairs);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto bytes = hn::PromoteTo(kPairs, hn::PromoteTo(kWords, hn::LoadU(kBytes, packed + i / 2)));
    const auto low = hn::And(hn::ShiftLeft<28>(bytes), hn::Set(kPairs, 0xF0000000U));
    const auto high = hn::And(hn::ShiftLeft<56>(bytes), hn::Set(kPairs, 0xF000000000000000U));
    const auto tops = hn::BitCast(Integers(), hn::Or(low, high));
    hn::StoreU(hn::ShiftRight<28>(tops), Integers(), symbols + i);
  }
  return i;
}

HWY_INLINE auto odd(Integers tag, const std::int32_t* symbols) {
  return hn::TestBit(hn::LoadU(tag, symbols), hn::Set(tag, 1));
}

HWY_INLINE std::size_t pack_bits(const std::int32_t* symbols, std::size_t count, std::uint8_t* out) {
  constexpr Integers kIntegers;
  const std::size_t lanes = hn::Lanes(kIntegers);
  std::uint8_t bits[64];  // StoreMaskBits may write more than the lanes take
  std::size_t i = 0;
  if (lanes >= 8) {
    for (; i + lanes <= count; i += lanes) {
      hn::StoreMaskBits(kIntegers, odd(kIntegers, symbols + i), bits);
      std::memcpy(out + i / 8, bits, hn::MaxLanes(kIntegers) / 8);
    }
    return i;
  }
  for (; i + 8 <= count; i += 8) {
    unsigned byte = 0;
    for (std::size_t part = 0; part < 8; part += lanes) {
      hn::StoreMaskBits(kIntegers, odd(kIntegers, symbols + i + part), bits);
      byte |= static_cast<unsigned>(bits[0]) << part;
    }
    out[i / 8] = static_cast<std::uint8_t>(byte);
  }
  return i;
}

HWY_INLINE std::size_t unpack_bits(const std::uint8_t* packed, std::size_t count, std::int32_t* symbols) {
  constexpr Eight kEight;
  const std::size_t lanes = hn::Lanes(kEight);
  alignas(64) constexpr std::int32_t kBits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto byte = hn::Set(kEight, packed[i / 8]);
    for (std::size_t part = 0; part < 8; part += lanes)
      hn::StoreU(hn::VecFromMask(kEight, hn::TestBit(byte, hn::LoadU(kEight, kBits + part))), kEight,
                 symbols + i + part);
  }
  return i;
}

std::size_t pack_some(const std::int32_t* symbols, std::size_t count, int bits, std::byte* out) {
  if (bits == 1) return pack_bits(symbols, count, reinterpret_cast<std::uint8_t*>(out));
  if (bits == 4) return pack_nibbles(symbols, count, reinterpret_cast<std::uint8_t*>(out));
  if (bits == 8) return pack_whole(symbols, count, reinterpret_cast<std::uint8_t*>(out));
  if (bits == 16) return pack_whole(symbols, count, reinterpret_cast<std::uint16_t*>(out));
  return 0;
}

std::size_t unpack_some(const std::byte* packed, std::size_t count, int bits, std::int32_t* symbols) {
  if (bits == 1) return unpack_bits(reinterpret_cast<const std::uint8_t*>(packed), count, symbols);
  if (bits == 4) return unpack_nibbles(reinterpret_cast<const std::uint8_t*>(packed), count, symbols);
  if (bits == 8) return unpack_whole(reinterpret_cast<const std::int8_t*>(packed), count, symbols);
  if (bits == 16) return unpack_whole(reinterpret_cast<const std::int16_t*>(packed), count, symbols);
  return 0;
}

#endif

}  // namespace brume::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume {

HWY_EXPORT(pack_some);
HWY_EXPORT(unpack_some);

void pack(std::span<const std::int32_t> symbols, int bits, std::span<std::byte> out) {
  assert(out.size() == packed_bytes(symbols.size(), bits));
  const std::size_t done = HWY_DYNAMIC_DISPATCH(pack_some)(symbols.data(), symbols.size(), bits, out.data());
  pack<std::int32_t>(symbols.subspan(done), bits, out.subspan(packed_bytes(done, bits)));
}

void unpack(std::span<const std::byte> packed, int bits, std::span<std::int32_t> symbols) {
  assert(packed.size() == packed_bytes(symbols.size(), bits));
  const std::size_t done = HWY_DYNAMIC_DISPATCH(unpack_some)(packed.data(), symbols.size(), bits, symbols.data());
  unpack<std::int32_t>(packed.subspan(packed_bytes(done, bits)), bits, symbols.subspan(done));
}

}  // namespace brume
#endif
