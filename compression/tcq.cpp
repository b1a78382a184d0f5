#include "compression/tcq.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "brume/error.hpp"
#include "compression/rotation.hpp"
#include "compression/trellis_restore.hpp"
#include "compression/trellis_search.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr int kBits = 16;
constexpr float kMostSteps = 30000;
static_assert(kMostSteps < trellis::kMostValue);
// The rates are found on samples of a block: so many rounds on so many elements each, a few first.
struct Rounds {
  int count;
  std::size_t elements;
  bool by_class;
};
constexpr std::array<Rounds, 2> kRounds{{{8, 1024, false}, {2, 8192, true}}};
constexpr std::array<Rounds, 2> kRoundsByClass{{{4, 1024, false}, {1, 8192, true}}};  // rates of classes settle sooner

// How much nearer to zero than their point the values of a symbol lie on average, for each quantiser and magnitudes of
// 1, 2 and more, in 128ths of Δ.
constexpr std::size_t kShifts = 6;
constexpr float kShiftUnit = 0x1p-7F;
constexpr double kUnitsOfSums = 32;  // 4,096ths in one
using Shifts = std::array<std::int8_t, kShifts>;

std::size_t shift_index(std::uint8_t quantiser, std::int32_t symbol) {
  return 3U * quantiser + static_cast<std::size_t>(std::min(std::abs(symbol), 3) - 1);
}

float magnitude(std::uint8_t quantiser, std::int32_t symbol) {
  return static_cast<float>(trellis::point(quantiser, std::abs(symbol)));
}

// Sums of whole 4,096ths, four beside each other that do not wait for one another; zeros go to a place that nobody
// reads. Of long blocks an eighth tells the means.
Shifts shifts_of(std::span<const float> steps, const trellis::Path& path) {
  constexpr std::size_t kLanes = 4;
  constexpr std::size_t kPiece = 64;
  const std::size_t skipped = steps.size() > 16384 ? 7 * kPiece : 0;
  std::array<std::array<std::int64_t, kShifts + 1>, kLanes> sums{};
  std::array<std::array<std::int64_t, kShifts + 1>, kLanes> counts{};
  for (std::size_t i = 0; i < steps.size(); i += i % kPiece == kPiece - 1 ? skipped + 1 : 1) {
    const auto symbol = path.symbols[i];
    const auto index = symbol == 0 ? kShifts : shift_index(path.quantisers[i], symbol);
    const float nearer = magnitude(path.quantisers[i], symbol) - std::fabs(steps[i]);
    sums[i % kLanes][index] += static_cast<std::int32_t>(nearer * 4096);
    ++counts[i % kLanes][index];
  }
  Shifts shifts{};
  for (std::size_t i = 0; i < kShifts; ++i) {
    std::int64_t sum = 0;
    std::int64_t count = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sum += sums[lane][i];
      count += counts[lane][i];
    }
    shifts[i] = mean_shift(sum, count, kUnitsOfSums);
  }
  return shifts;
}

// Where a symbol's values are put back, in units of Δ.
float restored(std::uint8_t quantiser, std::int32_t symbol, const Shifts& shifts) {
  if (symbol == 0) return 0;
  const float size =
      magnitude(quantiser, symbol) - kShiftUnit * static_cast<float>(shifts[shift_index(quantiser, symbol)]);
  return symbol < 0 ? -size : size;
}

// What has a scale of its own: each part of what was turned, or all.
template <class Work>
void for_each_segment(std::size_t count, bool parts, const Work& work) {
  if (parts) return for_each_part(count, work);
  work(std::size_t{0}, count);
}

struct Segments {
  std::vector<float> steps;   // values in units of their segment's Δ
  std::vector<float> scales;  // Δ of each
};

Segments in_steps(std::span<const float> values, double step, bool parts) {
  Segments segments;
  segments.steps.resize(values.size() - (parts ? tail_of(values.size()) : 0));
  for_each_segment(values.size(), parts, [&](std::size_t first, std::size_t size) {
    const auto segment = values.subspan(first, size);
    const float scale = step_size(extent_of_squares(segment), size, step, kMostSteps);
    segments.scales.push_back(scale);
    const float inverse = scale > 0 ? 1 / scale : 0;
    for (std::size_t i = 0; i < size; ++i) segments.steps[first + i] = segment[i] * inverse;
  });
  return segments;
}

// ‖x‖² / ⟨x, x̂⟩; 1 for zeros, 0 where no symbol but zero was found.
float unbiased_factor(std::span<const float> steps, const trellis::Path& path, std::size_t first,
                      const Shifts& shifts) {
  double square = 0;
  double along = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    square += static_cast<double>(steps[i]) * static_cast<double>(steps[i]);
    along += static_cast<double>(steps[i]) *
             static_cast<double>(restored(path.quantisers[first + i], path.symbols[first + i], shifts));
  }
  return square == 0 ? 1 : along > 0 ? static_cast<float>(square / along) : 0;
}

// Pieces from all over the block, which may hold layers of different kinds, of whole groups; with the groups' classes.
struct Sample {
  std::vector<float> steps;
  std::vector<std::uint8_t> of_group;
};

Sample sample_of(std::span<const float> steps, std::span<const std::uint8_t> of_group, std::size_t elements) {
  if (steps.size() <= elements) return {{steps.begin(), steps.end()}, {of_group.begin(), of_group.end()}};
  Sample sample;
  constexpr std::size_t kGroups = 4;  // of a piece
  const std::size_t pieces = elements / (kGroups * trellis::kRateGroup);
  const std::size_t last = steps.size() / trellis::kRateGroup - kGroups;
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t first = i * last / (pieces - 1);
    const auto piece = steps.subspan(first * trellis::kRateGroup, kGroups * trellis::kRateGroup);
    const auto classes = of_group.subspan(first, kGroups);
    sample.steps.insert(sample.steps.end(), piece.begin(), piece.end());
    sample.of_group.insert(sample.of_group.end(), classes.begin(), classes.end());
  }
  return sample;
}

// Rates in common first, then those of each class.
trellis::Path best_path(std::span<const float> steps, float lambda) {
  trellis::Path path;
  const auto classes = trellis::rate_classes(steps);
  trellis::RateClasses learnt;
  for (const auto& rounds : classes.rates.size() > 1 ? kRoundsByClass : kRounds) {
    auto sample = sample_of(steps, classes.of_group, rounds.elements);
    if (rounds.by_class) learnt.rates.resize(classes.rates.size(), learnt.rates.front());
    learnt.of_group = std::move(sample.of_group);
    if (!rounds.by_class) std::fill(learnt.of_group.begin(), learnt.of_group.end(), 0);
    for (int round = 0; round < rounds.count; ++round) {
      trellis::search(sample.steps, learnt, lambda, path);
      trellis::learn_rates(path, learnt);
    }
  }
  learnt.of_group = classes.of_group;
  trellis::search(steps, learnt, lambda, path);
  return path;
}

// Scales with which what is decoded has the right mean; none if a segment got no symbol but zero.
std::optional<std::vector<float>> final_scales(const Segments& segments, const trellis::Path& path,
                                               const Shifts& shifts, std::size_t count, bool unbiased) {
  auto scales = segments.scales;
  if (!unbiased) {
    const bool some = std::any_of(path.symbols.begin(), path.symbols.end(), [](auto symbol) { return symbol != 0; });
    return some || scales[0] == 0 ? std::optional(scales) : std::nullopt;
  }
  std::size_t index = 0;
  bool reached = true;
  for_each_part(count, [&](std::size_t first, std::size_t size) {
    const float factor = unbiased_factor(std::span(segments.steps).subspan(first, size), path, first, shifts);
    reached = reached && factor > 0;
    scales[index++] *= factor;
  });
  if (!reached) return std::nullopt;
  return scales;
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

std::shared_ptr<const Stage> Tcq::scaled(double times) const {
  auto other = std::make_shared<Tcq>(*this);
  other->step_ /= times;
  return other;
}

void Tcq::encode(Block& block, Stream& stream, State& /*state*/) const {
  if (unbiased_) {
    require_finite(block.values);
    rotate(block.values, shared_stream(block, id()));
  }
  const std::size_t count = block.values.size();
  trellis::Path path;
  Shifts shifts{};
  std::optional<std::vector<float>> scales;
  // A step so large that all became zero would never let anything through.
  for (double step = step_; !scales; step /= 2) {
    const auto segments = in_steps(block.values, step, unbiased_);
    path = best_path(segments.steps, static_cast<float>(lambda_));
    shifts = shifts_of(segments.steps, path);
    scales = final_scales(segments, path, shifts, count, unbiased_);
  }
  put_shifts(block.side, shifts);
  for (const float scale : *scales) put_scale(block.side, scale);
  if (unbiased_) put_tail(block.values, stream, block.side);
  block.symbols = std::move(path.symbols);
  block.symbol_bits = kBits;
  block.contexts = std::move(path.quantisers);
  block.in_trellis = true;
}

void Tcq::decode(Block& block) const {
  const auto tail = unbiased_ ? take_tail(block.side) : std::vector<float>();
  const std::size_t count = block.symbols.size() + tail.size();
  if (unbiased_ && tail_of(count) != tail.size()) throw FormatError("a block has a wrong number of symbols");
  const auto scales = take_scales(block.side, unbiased_ ? parts_of(count) : 1);
  Shifts shifts;
  take_shifts(block.side, shifts);
  trellis::Shifts nearer{};
  for (std::size_t i = 0; i < kShifts; ++i) nearer[i / 3][i % 3] = kShiftUnit * static_cast<float>(shifts[i]);
  trellis::States states{};
  block.values.resize(block.symbols.size());
  std::size_t index = 0;
  for_each_segment(count, unbiased_, [&](std::size_t first, std::size_t size) {  // parts have whole eights
    trellis::restore(std::span(block.symbols).subspan(first, size), scales[index++], nearer, states,
                     std::span(block.values).subspan(first, size));
  });
  block.values.insert(block.values.end(), tail.begin(), tail.end());
  if (unbiased_) rotate_back(block.values, shared_stream(block, id()));
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Tcq::cost(std::size_t /*count*/, Cost before) const {
  if (!unbiased_) return {before.side_bytes + kShifts + sizeof(float), before.values, kBits, before.varies};
  const std::size_t parts =
      before.varies ? static_cast<std::size_t>(std::bit_width(before.values)) : parts_of(before.values);
  const std::size_t tail = before.varies ? 0 : tail_of(before.values);
  return {before.side_bytes + kShifts + sizeof(float) * parts + tail_bytes(before.values, before.varies),
          before.values - tail, kBits, before.varies};
}

}  // namespace brume::compression
