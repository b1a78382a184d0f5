#include "core/philox.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/philox.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace brume::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // one lane holds no wider one: left to the plain loop
std::size_t philox_all(const std::uint32_t* /*counter*/, const std::uint32_t* /*key*/, std::size_t /*blocks*/,
                       std::uint32_t* /*words*/) {
  return 0;
}
#else

using Wide = hn::ScalableTag<std::uint64_t>;  // a word in the lower half of each
using Narrow = hn::Repartition<std::uint32_t, Wide>;
using Word = hn::Vec<Wide>;

HWY_INLINE Word product(Word x, std::uint32_t factor) {
  constexpr Narrow kNarrow;
  return hn::MulEven(hn::BitCast(kNarrow, x), hn::Set(kNarrow, factor));
}

constexpr std::size_t kRounds = 10;

// As many blocks as there are lanes, while so many are left; returns how many that was. Even lanes hold the first half
// of them, odd lanes the second, so that their words come out in order when neighbours are interleaved.
std::size_t philox_all(const std::uint32_t* counter, const std::uint32_t* key, std::size_t blocks,
                       std::uint32_t* words) {
  constexpr Wide kWide;
  constexpr Narrow kNarrow;
  const std::size_t lanes = hn::Lanes(kWide);
  alignas(64)
      std::uint64_t keys[2 * kRounds][hn::MaxLanes(kWide)];  // operands from memory cost less than to spread them
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    hn::Store(hn::Set(kWide, key[0] + round * 0x9E3779B9U), kWide, keys[2 * round]);
    hn::Store(hn::Set(kWide, key[1] + round * 0xBB67AE85U), kWide, keys[2 * round + 1]);
  }
  alignas(64) std::uint64_t places[hn::MaxLanes(kWide)];
  for (std::size_t i = 0; i < lanes; ++i) places[i] = counter[0] + i / 2 + (i % 2) * (lanes / 2);
  const auto first = hn::Load(kWide, places);
  const auto c1_first = hn::Set(kWide, counter[1]);
  const auto c2_first = hn::Set(kWide, counter[2]);
  const auto c3_first = hn::Set(kWide, counter[3]);
  std::size_t done = 0;
  for (; done + lanes <= blocks; done += lanes) {
    // The upper halves hold what products left there: nothing reads them.
    auto c0 = hn::Add(first, hn::Set(kWide, done));
    auto c1 = c1_first;
    auto c2 = c2_first;
    auto c3 = c3_first;
    for (std::size_t round = 0; round < kRounds; ++round) {
      const auto product0 = product(c0, 0xD2511F53U);
      const auto product1 = product(c2, 0xCD9E8D57U);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1), hn::Load(kWide, keys[2 * round]));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Load(kWide, keys[2 * round + 1]));
      c1 = product1;
      c3 = product0;
    }
    const auto pair = [](Word low, Word high) HWY_ATTR {
      return hn::BitCast(Wide(),
                         hn::OddEven(hn::BitCast(Narrow(), hn::ShiftLeft<32>(high)), hn::BitCast(Narrow(), low)));
    };
    const auto lower = pair(c0, c1);
    const auto upper = pair(c2, c3);
    hn::StoreU(hn::BitCast(kNarrow, hn::InterleaveLower(lower, upper)), kNarrow, words + 4 * done);
    hn::StoreU(hn::BitCast(kNarrow, hn::InterleaveUpper(kWide, lower, upper)), kNarrow, words + 4 * done + 2 * lanes);
  }
  return done;
}

#endif

}  // namespace brume::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "brume/random.hpp"

namespace brume {

HWY_EXPORT(philox_all);

void philox_blocks(const std::array<std::uint32_t, 4>& counter, const std::array<std::uint32_t, 2>& key,
                   std::size_t blocks, std::uint32_t* words) {
  std::size_t i = HWY_DYNAMIC_DISPATCH(philox_all)(counter.data(), key.data(), blocks, words);
  for (; i < blocks; ++i) {
    auto at = counter;
    at[0] += static_cast<std::uint32_t>(i);
    const auto block = philox4x32(at, key);
    for (std::size_t k = 0; k < 4; ++k) words[4 * i + k] = block[k];
  }
}

}  // namespace brume
#endif
