#include "compression/trellis_search.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <memory>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compression/trellis_search.cpp"  // compiled once for each instruction set
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

#include "compression/trellis_steps.hpp"

// Additions, products and comparisons in a fixed order, none of them fused: the same path by every instruction set.
HWY_BEFORE_NAMESPACE();
namespace brume::compression::trellis::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kBoth>;
using Vector = hn::Vec<Floats>;

// Added to a number below 2^15, rounds it to the nearest whole one, which then are the lower 16 bits.
constexpr float kWhole = 0x1.8p23F;

// What lanes from `lane` on have in the first half and in the second.
HWY_INLINE Vector both(float first, float second, std::size_t lane) {
  constexpr Floats kFloats;
  if (hn::MaxLanes(kFloats) <= kLanes) return hn::Set(kFloats, lane < kLanes ? first : second);
  return hn::IfThenElse(hn::FirstN(kFloats, kLanes), hn::Set(kFloats, first), hn::Set(kFloats, second));
}

struct Prices {
  Vector zero;
  Vector first;
  Vector beyond[3];

  HWY_INLINE Prices(const KindPrices& a, const KindPrices& b, std::size_t lane)
      : zero(both(a.zero, b.zero, lane)), first(both(a.first, b.first, lane)) {
    for (std::size_t power = 0; power < 3; ++power) beyond[power] = both(a.beyond[power], b.beyond[power], lane);
  }
};

using Symbols = hn::Rebind<std::uint16_t, Floats>;
using Words = hn::RebindToUnsigned<Floats>;

struct Values {
  Vector sizes;               // in units of 4Δ
  hn::Vec<Symbols> negative;  // all bits of those below zero

  HWY_INLINE explicit Values(Vector values)
      : sizes(hn::Mul(hn::Abs(values), hn::Set(Floats(), 0.25F))),
        negative(hn::TruncateTo(
            Symbols(), hn::BitCast(Words(), hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<Floats>(), values))))) {
  }
};

// The symbol of one kind that costs least: that whose point other than zero is nearest, or zero if it is of that kind.
// Such points lie 4 apart, from 4, 2, 3 or 1 on in magnitude.
template <std::size_t Kind>
HWY_INLINE void consider(const Values& values, const Prices& prices, float* costs, std::int16_t* symbols) {
  constexpr Floats kFloats;
  constexpr Words kWords;
  constexpr bool kEven = Kind % 2 == 0;
  constexpr float kOffset = Kind == 0 ? 4 : Kind == 1 ? 2 : Kind == 2 ? 3 : 1;
  const auto set = [&](float x) { return hn::Set(kFloats, x); };
  const auto from_first = hn::Sub(values.sizes, set(kOffset / 4));
  const auto rounded = hn::Max(hn::Add(from_first, set(kWhole)), set(kWhole));
  const auto steps = hn::Sub(rounded, set(kWhole));
  const auto error = hn::Sub(from_first, steps);
  const auto slope = hn::Add(prices.beyond[1], hn::Mul(steps, prices.beyond[2]));
  const auto beyond = hn::Add(prices.beyond[0], hn::Mul(steps, slope));
  const auto price = hn::IfThenElse(hn::Lt(steps, set(1)), prices.first, beyond);
  auto cost = hn::Add(hn::Mul(error, error), price);
  const auto whole = hn::BitCast(kWords, rounded);
  auto sizes = hn::Add(hn::Add(whole, whole), hn::Set(kWords, kEven ? 2 : 1));
  if (kEven) {
    const auto at_zero = hn::Add(hn::Mul(values.sizes, values.sizes), prices.zero);
    sizes = hn::IfThenElseZero(hn::RebindMask(kWords, hn::Lt(cost, at_zero)), sizes);
    cost = hn::Min(cost, at_zero);
  }
  hn::Store(cost, kFloats, costs);
  const auto symbol = hn::TruncateTo(Symbols(), sizes);
  const auto with_sign = hn::Sub(hn::Xor(symbol, values.negative), values.negative);
  constexpr hn::RebindToSigned<Symbols> kIntegers;
  hn::StoreU(hn::BitCast(kIntegers, with_sign), kIntegers, symbols);
}

HWY_INLINE void advance(Costs& costs, const std::array<Lanes, kKinds>& kinds, std::size_t lane, Decision& decision) {
  constexpr Floats kFloats;
  constexpr Words kWords;
  Vector next[kStates];
  auto ways = hn::Set(kWords, first_ways());
  for (std::size_t state = 0; state < kStates; ++state) {
    const auto [first, second] = kWays[state];
    const auto a = hn::Add(hn::Load(kFloats, &costs[first.from][lane]), hn::Load(kFloats, &kinds[first.kind][lane]));
    const auto b = hn::Add(hn::Load(kFloats, &costs[second.from][lane]), hn::Load(kFloats, &kinds[second.kind][lane]));
    next[state] = hn::Min(a, b);
    const auto other = hn::Set(kWords, other_way(state));
    ways = hn::Xor(ways, hn::IfThenElseZero(hn::RebindMask(kWords, hn::Lt(b, a)), other));
  }
  for (std::size_t state = 0; state < kStates; ++state) hn::Store(next[state], kFloats, &costs[state][lane]);
  hn::StoreU(ways, kWords, &decision.ways[lane]);
}

// A step's values from `lane` on.
HWY_INLINE Vector values_of(const Halves& at, std::size_t step, std::size_t lane) {
  constexpr Floats kFloats;
  const auto* first = at.first + step * kLanes;
  const auto* second = at.second + step * kLanes;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (hn::MaxLanes(kFloats) > kLanes) {
    constexpr hn::Half<Floats> kHalf;
    return hn::Combine(kFloats, hn::LoadU(kHalf, second), hn::LoadU(kHalf, first));
  }
#endif
  return hn::LoadU(kFloats, lane < kLanes ? first + lane : second + (lane - kLanes));
}

// Some lanes through steps that have the same prices, in each half.
HWY_INLINE void walk_lanes(const Halves& at, const ClassPrices& first, const ClassPrices& second,
                           std::span<Decision> decisions, std::size_t lane, Costs& costs) {
  const Prices prices[kKinds] = {{first[0], second[0], lane},
                                 {first[1], second[1], lane},
                                 {first[2], second[2], lane},
                                 {first[3], second[3], lane}};
  for (std::size_t step = 0; step < decisions.size(); ++step) {
    auto& decision = decisions[step];
    std::array<Lanes, kKinds> kinds;
    const Values x(values_of(at, step, lane));
    consider<0>(x, prices[0], &kinds[0][lane], &decision.symbols[0][lane]);
    consider<1>(x, prices[1], &kinds[1][lane], &decision.symbols[1][lane]);
    consider<2>(x, prices[2], &kinds[2][lane], &decision.symbols[2][lane]);
    consider<3>(x, prices[3], &kinds[3][lane], &decision.symbols[3][lane]);
    advance(costs, kinds, lane, decision);
  }
}

// `prices` are those of each class, `of_group` the classes if there are several.
void walk(const Steps& steps, std::span<const ClassPrices> prices, std::span<const std::uint8_t> of_group,
          std::span<Decision> decisions, Costs& costs) {
  const bool one = prices.size() == 1;
  const std::size_t together = one ? kStepsToLevel : kRateGroup / kLanes;
  const std::size_t half = (decisions.size() + together - 1) / together;  // where the second half's groups begin
  const auto prices_of = [&](std::size_t group) -> const ClassPrices& {
    return prices[one || group >= of_group.size() ? 0 : of_group[group]];
  };
  std::size_t behind = 0;
  for (std::size_t first = 0; first < decisions.size(); first = behind) {
    const std::size_t group = first / together;
    behind =
        std::min({(group + 1) * together, decisions.size(), first < steps.whole() ? steps.whole() : decisions.size()});
    for (std::size_t lane = 0; lane < kBoth; lane += hn::Lanes(Floats()))
      walk_lanes(steps.from(first), prices_of(group), prices_of(half + group), decisions.subspan(first, behind - first),
                 lane, costs);
    if (first % kStepsToLevel == 0) level(costs);
  }
}

using WordsOfHalf = hn::CappedTag<std::uint32_t, kLanes>;

// The symbol of its kind in each lane.
HWY_INLINE auto chosen(const Decision& decision, hn::Vec<WordsOfHalf> kinds, std::size_t lane) {
  constexpr hn::RebindToSigned<WordsOfHalf> kIntegers;
  constexpr hn::Rebind<std::int16_t, WordsOfHalf> kShorts;
  const auto symbol = [&](std::size_t kind) HWY_ATTR {
    return hn::PromoteTo(kIntegers, hn::LoadU(kShorts, &decision.symbols[kind][lane]));
  };
  const auto is = [&](std::uint32_t kind)
                      HWY_ATTR { return hn::RebindMask(kIntegers, hn::Eq(kinds, hn::Set(WordsOfHalf(), kind))); };
  return hn::IfThenElse(is(0), symbol(0),
                        hn::IfThenElse(is(1), symbol(1), hn::IfThenElse(is(2), symbol(2), symbol(3))));
}

// Follows the decisions of lanes from `first` on back from those states to the ones with which they begin.
void trace_back(std::span<const Decision> decisions, std::size_t first, HalfStates& states, std::int32_t* symbols,
                std::uint8_t* quantisers) {
  constexpr hn::Rebind<std::uint8_t, WordsOfHalf> kBytes;
  constexpr WordsOfHalf kWords;
  for (std::size_t lane = 0; lane < kLanes; lane += hn::Lanes(kWords)) {
    auto state = hn::PromoteTo(kWords, hn::LoadU(kBytes, &states[lane]));
    for (std::size_t step = decisions.size(); step-- > 0;) {
      const auto& decision = decisions[step];
      const auto way = hn::Shr(hn::LoadU(kWords, &decision.ways[first + lane]), hn::ShiftLeft<2>(state));
      state = hn::And(way, hn::Set(kWords, 7));
      const auto quantiser = hn::And(way, hn::Set(kWords, 1));
      const auto parity = hn::And(hn::ShiftRight<3>(way), hn::Set(kWords, 1));
      const auto kind = hn::Add(hn::Add(quantiser, quantiser), parity);
      const std::size_t place = step * kLanes + lane;
      hn::StoreU(chosen(decision, kind, first + lane), hn::RebindToSigned<WordsOfHalf>(), symbols + place);
      hn::StoreU(hn::TruncateTo(kBytes, quantiser), kBytes, quantisers + place);
    }
    hn::StoreU(hn::TruncateTo(kBytes, state), kBytes, &states[lane]);
  }
}

}  // namespace brume::compression::trellis::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression::trellis {

HWY_EXPORT(walk);
HWY_EXPORT(trace_back);

namespace {

constexpr std::size_t kFewSteps = 64;  // not worth halving
constexpr float kNoWay = 1e9F;         // more than the first steps cost

// In units of (4Δ)². Magnitudes of odd kinds are 1 + 2s, those of even ones 2 + 2s; rates have a tail from 3 on.
KindPrices kind_prices(const Rates& rates, bool odd, float lambda) {
  const float less = odd ? 2 : 1;  // than 3
  return {lambda * rates.first[0],
          lambda * rates.first[odd ? 1 : 2],
          {lambda * (rates.first[3] - less * (rates.linear - less * rates.quadratic)),
           lambda * 2 * (rates.linear - 2 * less * rates.quadratic), lambda * 4 * rates.quadratic}};
}

std::vector<ClassPrices> prices_of(std::span<const RatePair> rates, float lambda) {
  std::vector<ClassPrices> prices(rates.size());
  for (std::size_t one = 0; one < rates.size(); ++one)
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      prices[one][kind] = kind_prices(rates[one][kind / 2], kind % 2 == 1, lambda / 16);
  return prices;
}

std::size_t steps_of_half(std::size_t steps) {
  constexpr std::size_t kGroup = kRateGroup / kLanes;
  return steps < kFewSteps ? steps : ((steps + 1) / 2 + kGroup - 1) / kGroup * kGroup;
}

}  // namespace

void search(std::span<const float> values, const RateClasses& classes, float lambda, Path& path) {
  const std::size_t steps = (values.size() + kLanes - 1) / kLanes;
  const std::size_t half = steps_of_half(steps);
  if (steps == 0) return void(path = {});
  assert(std::all_of(values.begin(), values.end(), [](float x) { return std::fabs(x) < kMostValue; }));
  const auto room = std::make_unique_for_overwrite<Decision[]>(half);
  const std::span<Decision> decisions(room.get(), half);
  Costs costs;
  for (std::size_t state = 0; state < kStates; ++state)
    for (std::size_t lane = 0; lane < kBoth; ++lane) costs[state][lane] = state == 0 || lane >= kLanes ? 0 : kNoWay;
  HWY_DYNAMIC_DISPATCH(walk)
  (Steps(values, half), prices_of(classes.rates, lambda), classes.of_group, decisions, costs);
  path.symbols.resize(2 * half * kLanes);
  path.quantisers.resize(2 * half * kLanes);
  auto middle = ends(costs, 0);
  if (half < steps) {
    middle = ends(costs, kLanes);
    HWY_DYNAMIC_DISPATCH(trace_back)
    (decisions, kLanes, middle, &path.symbols[half * kLanes], &path.quantisers[half * kLanes]);
  }
  HWY_DYNAMIC_DISPATCH(trace_back)(decisions, 0, middle, path.symbols.data(), path.quantisers.data());
  path.symbols.resize(values.size());
  path.quantisers.resize(values.size());
}

}  // namespace brume::compression::trellis
#endif
