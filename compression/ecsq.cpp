#include "compression/ecsq.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr int kBits = 16;
constexpr float kMostSteps = 32000;

// How much nearer to zero (or farther) than kΔ the values of magnitudes 1, 2 and more lie on average, in 256ths of Δ.
constexpr std::size_t kShifts = 3;
constexpr float kShiftUnit = 0x1p-8F;

std::size_t shift_index(std::int32_t symbol) { return static_cast<std::size_t>(std::min(std::abs(symbol), 3) - 1); }

std::array<std::int8_t, kShifts> shifts_of(std::span<const float> values, float inverse,
                                           std::span<const std::int32_t> symbols) {
  std::array<double, kShifts> sums{};
  std::array<double, kShifts> counts{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (symbols[i] == 0) continue;
    const auto index = shift_index(symbols[i]);
    sums[index] += static_cast<double>(static_cast<float>(std::abs(symbols[i])) - std::fabs(values[i]) * inverse);
    ++counts[index];
  }
  std::array<std::int8_t, kShifts> shifts{};
  for (std::size_t i = 0; i < kShifts; ++i)
    if (counts[i] > 0)
      shifts[i] = static_cast<std::int8_t>(
          std::clamp(std::lround(sums[i] / counts[i] / static_cast<double>(kShiftUnit)), -127L, 127L));
  return shifts;
}

}  // namespace

void Ecsq::declare(Options& options) {
  options.number({"step", "Δ, in root mean squares of a block"}, step_, Range{0, 1000, true});
  options.number({"rounding", "what is added before the fraction is dropped; 0.5 rounds to the nearest"}, rounding_,
                 Range::between(0, 0.5));
}

void Ecsq::set_parameters(std::span<const std::byte> parameters) {
  if (!parameters.empty()) throw FormatError("stage 'ecsq' takes no parameters");
}

void Ecsq::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  require_finite(block.values);
  const float step = step_size(block.values, step_, kMostSteps);
  const float inverse = step > 0 ? 1 / step : 0;
  const auto rounding = static_cast<float>(rounding_);
  block.symbols.resize(block.values.size());
  block.symbol_bits = kBits;
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const float x = block.values[i] * inverse;
    block.symbols[i] = static_cast<std::int32_t>(x + std::copysign(rounding, x));
  }
  for (const auto shift : shifts_of(block.values, inverse, block.symbols))
    block.side.push_back(static_cast<std::byte>(shift));
  put_scale(block.side, step);
}

void Ecsq::decode(Block& block) const {
  const float step = take_scale(block.side);
  if (block.side.size() < kShifts) throw FormatError("a block lacks its shifts");
  std::array<float, kShifts + 1> nearer{};  // by magnitude up to 3
  for (std::size_t i = 0; i < kShifts; ++i)
    nearer[i + 1] =
        kShiftUnit * static_cast<float>(static_cast<std::int8_t>(block.side[block.side.size() - kShifts + i]));
  block.side.resize(block.side.size() - kShifts);
  block.values.resize(block.symbols.size());
  for (std::size_t i = 0; i < block.symbols.size(); ++i) {
    const auto magnitude = std::abs(block.symbols[i]);
    const float size = static_cast<float>(magnitude) - nearer[static_cast<std::size_t>(std::min(magnitude, 3))];
    block.values[i] = block.symbols[i] < 0 ? -step * size : step * size;
  }
  block.symbols.clear();
  block.symbol_bits = 0;
}

Stage::Cost Ecsq::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + kShifts + sizeof(float), before.values, kBits, before.varies};
}

}  // namespace brume::compression
