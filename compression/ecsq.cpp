#include "compression/ecsq.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "brume/error.hpp"
#include "compression/ecsq_kernels.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr int kBits = 16;
constexpr float kMostSteps = 32000;

// How much nearer to zero (or farther) than kΔ the values of magnitudes 1, 2 and more lie on average, in 256ths of Δ.
constexpr std::size_t kShifts = 3;
constexpr float kShiftUnit = 0x1p-8F;
constexpr double kUnitsOfSums = 16;  // 4,096ths in one

}  // namespace

void Ecsq::declare(Options& options) {
  options.number({"step", "Δ, in root mean squares of a block"}, step_, Range{0, 1000, true});
  options.number({"rounding", "what is added before the fraction is dropped; 0.5 rounds to the nearest"}, rounding_,
                 Range::between(0, 0.5));
}

// A value is at most max(rounding, 1 − rounding) steps from its symbol; means as shifts make the error no larger, but
// for their last bit.
CodecTraits Ecsq::traits() const {
  constexpr double kRootOfBlock = 256;
  const double steps = std::max(rounding_, 1 - rounding_) + static_cast<double>(kShiftUnit);
  return {.unbiased = false,
          .contraction = true,
          .most_error = steps * (step_ + kRootOfBlock / static_cast<double>(kMostSteps))};
}

void Ecsq::set_parameters(std::span<const std::byte> parameters) {
  if (!parameters.empty()) throw FormatError("stage 'ecsq' takes no parameters");
}

std::shared_ptr<const Stage> Ecsq::scaled(double times) const {
  auto other = std::make_shared<Ecsq>(*this);
  other->step_ /= times;
  return other;
}

void Ecsq::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  const auto extent = extent_of_squares(block.values);
  // With a step beyond the largest value all would be zero and never let through: symbols begin at 1 − rounding, half a
  // step or more.
  const float step = std::min(step_size(extent, block.values.size(), step_, kMostSteps), extent.largest);
  const float inverse = step > 0 ? 1 / step : 0;
  const auto rounding = static_cast<float>(rounding_);
  block.symbols.resize(block.values.size());
  block.symbol_bits = kBits;
  const auto nearer = quantize_with_zone(block.values, inverse, rounding, block.symbols);
  std::array<std::int8_t, kShifts> shifts;
  for (std::size_t i = 0; i < kShifts; ++i) shifts[i] = mean_shift(nearer.sums[i], nearer.counts[i], kUnitsOfSums);
  put_shifts(block.side, shifts);
  put_scale(block.side, step);
}

void Ecsq::decode(Block& block) const {
  const float step = take_scale(block.side);
  std::array<std::int8_t, kShifts> shifts;
  take_shifts(block.side, shifts);
  std::array<float, kShifts> nearer;
  for (std::size_t i = 0; i < kShifts; ++i) nearer[i] = kShiftUnit * static_cast<float>(shifts[i]);
  block.values.resize(block.symbols.size());
  restore_from_zone(block.symbols, step, nearer, block.values);
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Ecsq::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + kShifts + sizeof(float), before.values, kBits, before.varies};
}

}  // namespace brume::compression
