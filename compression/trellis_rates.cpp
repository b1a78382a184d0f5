#include <algorithm>
#include <cmath>
#include <numeric>

#include "compression/trellis_search.hpp"

namespace brume::compression::trellis {

namespace {

constexpr std::size_t kMagnitudes = 64;  // told apart; larger ones count as this
constexpr double kFew = 32;
constexpr std::size_t kMostClasses = 10;
constexpr std::size_t kLeastGroups = 64;  // fewer teach classes nothing
constexpr float kAlike = 4;               // sums of one source's groups lie nearer together

using Counts = std::array<std::uint32_t, kMagnitudes + 1>;

using BothCounts = std::array<Counts, 2>;

constexpr std::size_t kRow = kMagnitudes + 1;

// Of each symbol, where it counts among those of its class.
std::vector<std::uint8_t> places_of(const Path& path) {
  static_assert(2 * kRow <= 256);
  std::vector<std::uint8_t> places(path.symbols.size());
  const auto* symbol = path.symbols.data();
  const auto* quantiser = path.quantisers.data();
  auto* place = places.data();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto magnitude = std::min(std::abs(symbol[i]), static_cast<std::int32_t>(kMagnitudes));
    place[i] = static_cast<std::uint8_t>(static_cast<unsigned>(magnitude) + kRow * quantiser[i]);
  }
  return places;
}

// Of both quantisers, for each class.
std::vector<BothCounts> count(const Path& path, const RateClasses& classes) {
  constexpr std::size_t kCopies = 8;  // equal neighbours do not wait for each other's sum
  const std::size_t size = 2 * kRow * classes.rates.size();
  std::vector<std::uint32_t> found(kCopies * size);
  const auto places = places_of(path);
  const auto row_of = [&](std::size_t i) { return &found[2 * kRow * classes.of_group[i / kRateGroup]]; };
  static_assert(kRateGroup % kCopies == 0);
  std::size_t i = 0;
  for (; i + kCopies <= places.size(); i += kCopies) {
    auto* row = row_of(i);
    for (std::size_t copy = 0; copy < kCopies; ++copy) ++row[copy * size + places[i + copy]];
  }
  for (; i < places.size(); ++i) ++row_of(i)[places[i]];
  std::vector<BothCounts> counts(classes.rates.size());
  const auto* from = found.data();
  for (auto& both : counts)
    for (auto& one : both)
      for (auto& magnitude : one) {
        for (std::size_t copy = 0; copy < kCopies; ++copy) magnitude += from[copy * size];
        ++from;
      }
  return counts;
}

// Beyond 3 the bits are fitted to l·m + q·m², least squares weighted by how often each magnitude occurs.
void fit_tail(const Counts& counts, double total, Rates& rates) {
  double m2 = 0;
  double m3 = 0;
  double m4 = 0;
  double mb = 0;
  double m2b = 0;
  double weight = 0;
  for (std::size_t i = 4; i < kMagnitudes; ++i) {
    if (counts[i] == 0) continue;
    const auto m = static_cast<double>(i - 3);
    const double bits = 1 - std::log2(counts[i] / total) - static_cast<double>(rates.first[3]);
    weight += counts[i];
    m2 += counts[i] * m * m;
    m3 += counts[i] * m * m * m;
    m4 += counts[i] * m * m * m * m;
    mb += counts[i] * m * bits;
    m2b += counts[i] * m * m * bits;
  }
  const double determinant = m2 * m4 - m3 * m3;
  rates.linear = std::max(0.3F, rates.first[3] - rates.first[2]);
  rates.quadratic = 0;
  if (weight < kFew || determinant < 1e-6 * m2 * m4) return;
  rates.linear = static_cast<float>(std::max(0.0, (mb * m4 - m2b * m3) / determinant));
  rates.quadratic = static_cast<float>(std::max(0.0, (m2b * m2 - mb * m3) / determinant));
}

// Half a symbol more of each up to 3, so that none is impossible.
void learn(const Counts& counts, Rates& rates) {
  const double total = 0.5 * 7 + std::accumulate(counts.begin(), counts.end(), std::uint32_t{0});
  if (total < kFew) return;
  rates.first[0] = static_cast<float>(-std::log2((counts[0] + 0.5) / total));
  for (std::size_t i = 1; i <= 3; ++i) rates.first[i] = static_cast<float>(1 - std::log2((counts[i] + 1) / total));
  fit_tail(counts, total, rates);
}

// Of each group, in four parts.
std::vector<float> magnitudes(std::span<const float> values) {
  std::vector<float> sums((values.size() + kRateGroup - 1) / kRateGroup);
  for (std::size_t group = 0; group < values.size() / kRateGroup; ++group) {
    const auto* value = &values[group * kRateGroup];
    std::array<float, 4> parts{};
    for (std::size_t i = 0; i < kRateGroup; i += parts.size())
      for (std::size_t part = 0; part < parts.size(); ++part) parts[part] += std::fabs(value[i + part]);
    sums[group] = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  }
  for (const float value : values.last(values.size() % kRateGroup)) sums.back() += std::fabs(value);
  return sums;
}

// Some of them, ascending: from places that follow the golden ratio, so that no row of a layer is met in step.
std::vector<float> sorted_sample(std::span<const float> sums) {
  constexpr std::size_t kSome = 256;
  constexpr std::uint32_t kGolden = 0x9E3779B9;  // 2^32 / φ
  std::vector<float> some(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(std::min(sums.size(), kSome)));
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < some.size() && some.size() < sums.size(); ++i)
    some[i] = sums[std::uint64_t{place += kGolden} * sums.size() >> 32];
  std::sort(some.begin(), some.end());
  return some;
}

// By the sixteenth of the groups with the largest sums against that with the smallest.
bool alike(std::span<const float> sorted) {
  const std::size_t few = sorted.size() / 16;
  return sorted[sorted.size() - 1 - few] < kAlike * sorted[few];
}

}  // namespace

RateClasses rate_classes(std::span<const float> values) {
  RateClasses classes;
  const auto sums = magnitudes(values);
  classes.of_group.resize(sums.size());
  if (sums.size() < kLeastGroups) return classes;
  const auto some = sorted_sample(sums);
  if (alike(some)) return classes;
  classes.rates.resize(kMostClasses);
  std::vector<std::uint32_t> reached(sums.size());  // how many bounds
  for (std::size_t one = 1; one < kMostClasses; ++one) {
    const float bound = some[one * some.size() / kMostClasses];
    for (std::size_t i = 0; i < sums.size(); ++i) reached[i] += bound <= sums[i] ? 1 : 0;
  }
  std::transform(reached.begin(), reached.end(), classes.of_group.begin(),
                 [](std::uint32_t bounds) { return static_cast<std::uint8_t>(bounds); });
  return classes;
}

void learn_rates(const Path& path, RateClasses& classes) {
  const auto counts = count(path, classes);
  for (std::size_t one = 0; one < counts.size(); ++one)
    for (std::size_t quantiser = 0; quantiser < 2; ++quantiser)
      learn(counts[one][quantiser], classes.rates[one][quantiser]);
}

}  // namespace brume::compression::trellis
