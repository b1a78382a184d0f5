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

// As many blocks as there are lanes, while so many are left; returns how many that was.
std::size_t philox_all(const std::uint32_t* counter, const std::uint32_t* key, std::size_t blocks,
                       std::uint32_t* words) {
  constexpr Wide kWide;
  constexpr hn::Rebind<std::uint32_t, Wide> kWords;
  constexpr int kRounds = 10;
  const std::size_t lanes = hn::Lanes(kWide);
  std::size_t done = 0;
  for (; done + lanes <= blocks; done += lanes) {
    // The upper halves hold what products left there: nothing reads them.
    auto c0 = hn::Add(hn::Set(kWide, counter[0] + done), hn::Iota(kWide, 0));
    auto c1 = hn::Set(kWide, counter[1]);
    auto c2 = hn::Set(kWide, counter[2]);
    auto c3 = hn::Set(kWide, counter[3]);
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      const auto product0 = product(c0, 0xD2511F53U);
      const auto product1 = product(c2, 0xCD9E8D57U);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1), hn::Set(kWide, key[0] + round * 0x9E3779B9U));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Set(kWide, key[1] + round * 0xBB67AE85U));
      c1 = product1;
      c3 = product0;
    }
    hn::StoreInterleaved4(hn::TruncateTo(kWords, c0), hn::TruncateTo(kWords, c1), hn::TruncateTo(kWords, c2),
                          hn::TruncateTo(kWords, c3), kWords, words + 4 * done);
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
