#include "compression/trellis_search.hpp"

#include <algorithm>
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

using Floats = hn::CappedTag<float, kLanes>;
using Integers = hn::RebindToSigned<Floats>;
using Vector = hn::Vec<Floats>;

// Rounds to the nearest whole number: below 2^22 the bits after the point do not fit beside 1.5 · 2^23.
HWY_INLINE Vector whole(Vector x) {
  const auto large = hn::Set(Floats(), 0x1.8p23F);
  return hn::Sub(hn::Add(x, large), large);
}

// λ · bits of one quantiser's symbols.
struct Prices {
  Vector first[4];
  Vector linear;
  Vector quadratic;
  explicit Prices(const Rates& rates, float lambda)
      : linear(hn::Set(Floats(), lambda * rates.linear)), quadratic(hn::Set(Floats(), lambda * rates.quadratic)) {
    for (std::size_t i = 0; i < 4; ++i) first[i] = hn::Set(Floats(), lambda * rates.first[i]);
  }
};

HWY_INLINE Vector price(const Prices& prices, Vector magnitude) {
  const auto set = [&](float x) { return hn::Set(Floats(), x); };
  const auto more = hn::Sub(magnitude, set(3));
  auto bits = hn::Add(prices.first[3], hn::Mul(more, hn::Add(prices.linear, hn::Mul(more, prices.quadratic))));
  bits = hn::IfThenElse(hn::Lt(magnitude, set(3)), prices.first[2], bits);
  bits = hn::IfThenElse(hn::Lt(magnitude, set(2)), prices.first[1], bits);
  return hn::IfThenElse(hn::Lt(magnitude, set(1)), prices.first[0], bits);
}

// The symbol of one kind that costs least: that whose point is nearest, or zero if it is of that kind. Points of a kind
// lie 4 apart, from 0, 2, 3 or 1 on in magnitude.
template <std::size_t Kind>
HWY_INLINE void consider(Vector values, const Prices& prices, float* costs, std::int16_t* symbols) {
  constexpr Floats kFloats;
  const auto set = [&](float x) { return hn::Set(kFloats, x); };
  const auto offset = set(Kind == 0 ? 0 : Kind == 1 ? 2 : Kind == 2 ? 3 : 1);
  const auto size = hn::Abs(values);
  const auto steps = hn::Max(set(0), whole(hn::Mul(hn::Sub(size, offset), set(0.25F))));
  const auto point = hn::Add(hn::Mul(set(4), steps), offset);
  const auto magnitude = hn::Mul(Kind < 2 ? point : hn::Add(point, set(1)), set(0.5F));
  const auto error = hn::Sub(size, point);
  auto cost = hn::Add(hn::Mul(error, error), price(prices, magnitude));
  auto symbol = magnitude;
  if (Kind % 2 == 0) {
    const auto at_zero = hn::Add(hn::Mul(size, size), prices.first[0]);
    symbol = hn::IfThenElse(hn::Lt(at_zero, cost), set(0), symbol);
    cost = hn::Min(cost, at_zero);
  }
  hn::Store(cost, kFloats, costs);
  const auto numbers = hn::ConvertTo(Integers(), hn::CopySign(symbol, values));
  hn::StoreU(hn::DemoteTo(hn::Rebind<std::int16_t, Floats>(), numbers), hn::Rebind<std::int16_t, Floats>(), symbols);
}

HWY_INLINE void advance(Costs& costs, const std::array<Lanes, kKinds>& kinds, std::size_t lane, Decision& decision) {
  constexpr Floats kFloats;
  constexpr Integers kIntegers;
  Vector next[kStates];
  auto seconds = hn::Zero(kIntegers);
  for (std::size_t state = 0; state < kStates; ++state) {
    const auto [first, second] = kWays[state];
    const auto a = hn::Add(hn::Load(kFloats, &costs[first.from][lane]), hn::Load(kFloats, &kinds[first.kind][lane]));
    const auto b = hn::Add(hn::Load(kFloats, &costs[second.from][lane]), hn::Load(kFloats, &kinds[second.kind][lane]));
    next[state] = hn::Min(a, b);
    const auto bit = hn::Set(kIntegers, 1 << state);
    seconds = hn::Or(seconds, hn::IfThenElseZero(hn::RebindMask(kIntegers, hn::Lt(b, a)), bit));
  }
  for (std::size_t state = 0; state < kStates; ++state) hn::Store(next[state], kFloats, &costs[state][lane]);
  hn::StoreU(hn::DemoteTo(hn::Rebind<std::uint8_t, Floats>(), seconds), hn::Rebind<std::uint8_t, Floats>(),
             &decision.second[lane]);
}

HWY_INLINE void walk_step(const float* values, const Prices& even, const Prices& odd, Decision& decision,
                          Costs& costs) {
  constexpr Floats kFloats;
  std::array<Lanes, kKinds> kinds;
  for (std::size_t lane = 0; lane < kLanes; lane += hn::Lanes(kFloats)) {
    const auto x = hn::LoadU(kFloats, values + lane);
    consider<0>(x, even, &kinds[0][lane], &decision.symbols[0][lane]);
    consider<1>(x, even, &kinds[1][lane], &decision.symbols[1][lane]);
    consider<2>(x, odd, &kinds[2][lane], &decision.symbols[2][lane]);
    consider<3>(x, odd, &kinds[3][lane], &decision.symbols[3][lane]);
    advance(costs, kinds, lane, decision);
  }
}

// Steps from `first` on, all with the same rates.
HWY_INLINE void walk_steps(std::span<const float> values, const RatePair& rates, float lambda, std::size_t first,
                           std::span<Decision> decisions, Costs& costs) {
  const Prices even(rates[0], lambda);
  const Prices odd(rates[1], lambda);
  for (std::size_t step = first; step < first + decisions.size(); ++step) {
    walk_step(&values[step * kLanes], even, odd, decisions[step - first], costs);
    if (step % kStepsToLevel == 0) level(costs);
  }
}

void walk(std::span<const float> values, const RateClasses& classes, float lambda, std::span<Decision> decisions,
          Costs& costs) {
  const std::size_t together = classes.rates.size() == 1 ? decisions.size() : kRateGroup / kLanes;
  for (std::size_t first = 0; first < decisions.size(); first += together) {
    const auto some = decisions.subspan(first, std::min(together, decisions.size() - first));
    const auto which = classes.rates.size() == 1 ? 0 : classes.of_group[first / together];
    walk_steps(values, classes.rates[which], lambda, first, some, costs);
  }
}

}  // namespace brume::compression::trellis::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace brume::compression::trellis {

HWY_EXPORT(walk);

void search(std::span<const float> values, const RateClasses& classes, float lambda, Path& path) {
  std::vector<float> padded(values.begin(), values.end());
  padded.resize((values.size() + kLanes - 1) / kLanes * kLanes);
  const std::size_t steps = padded.size() / kLanes;
  const auto room = std::make_unique_for_overwrite<Decision[]>(steps);
  const std::span<Decision> decisions(room.get(), steps);
  Costs costs;
  for (std::size_t state = 0; state < kStates; ++state) costs[state].fill(state == 0 ? 0 : 1e9F);
  HWY_DYNAMIC_DISPATCH(walk)(padded, classes, lambda, decisions, costs);
  path.symbols.resize(padded.size());
  path.quantisers.resize(padded.size());
  trace_back(decisions, ends(costs), path);
  path.symbols.resize(values.size());
  path.quantisers.resize(values.size());
}

}  // namespace brume::compression::trellis
#endif
