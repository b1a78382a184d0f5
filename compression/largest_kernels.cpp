#include "compression/largest_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/largest_kernels.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace brume::compression::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<std::uint32_t>;
using Integers = hn::RebindToSigned<Words>;
constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;

// Most vectors hold none: a compressed store, which is slow on some machines, is for the others.
std::size_t scan(const float* values, std::size_t count, std::uint32_t threshold, std::uint32_t* positions) {
  constexpr Words kWords;
  constexpr Integers kIntegers;  // without the sign's bit all are positive
  const auto below = hn::Set(kIntegers, static_cast<std::int32_t>(threshold) - 1);
  const auto mask = hn::Set(kWords, kMagnitude);
  const auto* bits = reinterpret_cast<const std::uint32_t*>(values);
  const std::size_t lanes = hn::Lanes(kWords);
  std::size_t found = 0;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto magnitude = hn::BitCast(kIntegers, hn::And(hn::LoadU(kWords, bits + i), mask));
    const auto large = hn::RebindMask(kWords, hn::Gt(magnitude, below));
    if (hn::AllFalse(kWords, large)) continue;
    found +=
        hn::CompressBlendedStore(hn::Iota(kWords, static_cast<std::uint32_t>(i)), large, kWords, positions + found);
  }
  for (; i < count; ++i)
    if ((bits[i] & kMagnitude) >= threshold) positions[found++] = static_cast<std::uint32_t>(i);
  return found;
}

}  // namespace brume::compression::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression {

HWY_EXPORT(scan);

std::size_t at_least(std::span<const float> values, std::uint32_t threshold, std::uint32_t* positions) {
  return HWY_DYNAMIC_DISPATCH(scan)(values.data(), values.size(), threshold, positions);
}

}  // namespace brume::compression
#endif
