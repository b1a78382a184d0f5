#include "compression/tcq.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "compression/rotation.hpp"
#include "compression/trellis_search.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr int kBits = 16;
constexpr float kMostSteps = 30000;  // symbols of half of that
// The rates are found on samples of a block: so many rounds on so many elements each, a few first.
struct Rounds {
  int count;
  std::size_t elements;
};
constexpr std::array<Rounds, 2> kRounds{{{8, 2048}, {3, 8192}}};

// How much nearer to zero than their point the values of a symbol lie on average, for each quantiser and magnitudes of
// 1, 2 and more, in 128ths of Δ.
constexpr std::size_t kShifts = 6;
constexpr float kShiftUnit = 0x1p-7F;
using Shifts = std::array<std::int8_t, kShifts>;

std::size_t shift_index(std::uint8_t quantiser, std::int32_t symbol) {
  return 3U * quantiser + static_cast<std::size_t>(std::min(std::abs(symbol), 3) - 1);
}

float magnitude(std::uint8_t quantiser, std::int32_t symbol) {
  return static_cast<float>(trellis::point(quantiser, std::abs(symbol)));
}

Shifts shifts_of(std::span<const float> steps, const trellis::Path& path) {
  std::array<double, kShifts> sums{};
  std::array<double, kShifts> counts{};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto symbol = path.symbols[i];
    if (symbol == 0) continue;
    const auto index = shift_index(path.quantisers[i], symbol);
    sums[index] += static_cast<double>(magnitude(path.quantisers[i], symbol) -
                                       std::copysign(1.0F, static_cast<float>(symbol)) * steps[i]);
    ++counts[index];
  }
  Shifts shifts{};
  for (std::size_t i = 0; i < kShifts; ++i)
    if (counts[i] > 0)
      shifts[i] = static_cast<std::int8_t>(
          std::clamp(std::lround(sums[i] / counts[i] / static_cast<double>(kShiftUnit)), -127L, 127L));
  return shifts;
}

// Where a symbol's values are put back, in units of Δ.
float restored(std::uint8_t quantiser, std::int32_t symbol, const Shifts& shifts) {
  if (symbol == 0) return 0;
  const float size =
      magnitude(quantiser, symbol) - kShiftUnit * static_cast<float>(shifts[shift_index(quantiser, symbol)]);
  return symbol < 0 ? -size : size;
}

// ‖x‖² / ⟨x, x̂⟩
float unbiased_factor(std::span<const float> steps, const trellis::Path& path, const Shifts& shifts) {
  double square = 0;
  double along = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    square += static_cast<double>(steps[i]) * steps[i];
    along += static_cast<double>(steps[i]) * restored(path.quantisers[i], path.symbols[i], shifts);
  }
  return along > 0 ? static_cast<float>(square / along) : 1;
}

// Pieces from all over the block, which may hold layers of different kinds.
std::vector<float> sample_of(std::span<const float> steps, std::size_t elements) {
  if (steps.size() <= elements) return {steps.begin(), steps.end()};
  std::vector<float> sample;
  constexpr std::size_t kPiece = 128;
  const std::size_t pieces = elements / kPiece;
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto piece = steps.subspan(i * (steps.size() - kPiece) / (pieces - 1), kPiece);
    sample.insert(sample.end(), piece.begin(), piece.end());
  }
  return sample;
}

trellis::Path best_path(std::span<const float> steps, float lambda) {
  trellis::Path path;
  std::array<trellis::Rates, 2> rates;
  for (const auto& rounds : kRounds) {
    const auto sample = sample_of(steps, rounds.elements);
    for (int round = 0; round < rounds.count; ++round) {
      trellis::search(sample, rates, lambda, path);
      rates = trellis::rates_of(path, rates);
    }
  }
  trellis::search(steps, rates, lambda, path);
  return path;
}

}  // namespace

void Tcq::declare(Options& options) {
  options.number({"step", "Δ, in root mean squares of a block"}, step_, Range{0, 1000, true});
  options.flag({"unbiased", "turn a block at random and scale what is decoded, so that its mean is right"}, unbiased_);
  options.number({"lambda", "what a bit is worth, in Δ²"}, lambda_, Range::between(0, 0.45));
}

void Tcq::set_parameters(std::span<const std::byte> parameters) {
  if (parameters.size() != 1 || parameters[0] > std::byte{1}) throw FormatError("stage 'tcq' has invalid parameters");
  unbiased_ = parameters[0] == std::byte{1};
}

void Tcq::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  require_finite(block.values);
  if (unbiased_) rotate(block.values, shared_stream(block, id()));
  const float step = step_size(block.values, step_, kMostSteps);
  std::vector<float> steps(block.values.size());
  if (step > 0)
    std::transform(block.values.begin(), block.values.end(), steps.begin(), [&](float x) { return x / step; });
  auto path = best_path(steps, static_cast<float>(lambda_));
  const auto shifts = shifts_of(steps, path);
  for (const auto shift : shifts) block.side.push_back(static_cast<std::byte>(shift));
  put_scale(block.side, unbiased_ ? step * unbiased_factor(steps, path, shifts) : step);
  block.symbols = std::move(path.symbols);
  block.symbol_bits = kBits;
  block.contexts = std::move(path.quantisers);
  block.in_trellis = true;
}

void Tcq::decode(Block& block) const {
  const float step = take_scale(block.side);
  if (block.side.size() < kShifts) throw FormatError("a block lacks its shifts");
  Shifts shifts;
  for (std::size_t i = 0; i < kShifts; ++i)
    shifts[i] = static_cast<std::int8_t>(block.side[block.side.size() - kShifts + i]);
  block.side.resize(block.side.size() - kShifts);
  trellis::Walk walk;
  block.values.assign(block.symbols.size(), 0);
  for (std::size_t i = 0; i < block.symbols.size(); ++i) {
    const auto symbol = block.symbols[i];
    const auto quantiser = walk.quantiser_at(i);
    walk.step(i, symbol);
    block.values[i] = step * restored(quantiser, symbol, shifts);
  }
  if (unbiased_) rotate_back(block.values, shared_stream(block, id()));
  block.symbols.clear();
  block.symbol_bits = 0;
}

Stage::Cost Tcq::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + kShifts + sizeof(float), before.values, kBits, before.varies};
}

}  // namespace brume::compression
