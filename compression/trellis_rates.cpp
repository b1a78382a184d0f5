#include <algorithm>
#include <cmath>

#include "compression/trellis_search.hpp"

namespace brume::compression::trellis {

namespace {

constexpr std::size_t kMagnitudes = 64;  // told apart; larger ones count as this
constexpr double kFew = 32;

using Counts = std::array<double, kMagnitudes + 1>;

// Of both quantisers; neighbours do not wait for each other's sum.
std::array<Counts, 2> count(const Path& path) {
  constexpr std::size_t kBeside = 4;
  std::array<std::array<std::array<std::uint32_t, kMagnitudes + 1>, 2>, kBeside> found{};
  for (std::size_t i = 0; i < path.symbols.size(); ++i) {
    const auto magnitude = std::min(static_cast<std::size_t>(std::abs(path.symbols[i])), kMagnitudes);
    ++found[i % kBeside][path.quantisers[i]][magnitude];
  }
  std::array<Counts, 2> counts{};
  for (const auto& one : found)
    for (std::size_t quantiser = 0; quantiser < 2; ++quantiser)
      for (std::size_t i = 0; i <= kMagnitudes; ++i) counts[quantiser][i] += one[quantiser][i];
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

}  // namespace

std::array<Rates, 2> rates_of(const Path& path, const std::array<Rates, 2>& before) {
  auto rates = before;
  const auto both = count(path);
  for (std::uint8_t quantiser = 0; quantiser < 2; ++quantiser) {
    const auto& counts = both[quantiser];
    double total = 0.5 * 7;  // half a symbol more of each up to 3, so that none is impossible
    for (const double of : counts) total += of;
    if (total < kFew) continue;
    auto& mine = rates[quantiser];
    mine.first[0] = static_cast<float>(-std::log2((counts[0] + 0.5) / total));
    for (std::size_t i = 1; i <= 3; ++i) mine.first[i] = static_cast<float>(1 - std::log2((counts[i] + 1) / total));
    fit_tail(counts, total, mine);
  }
  return rates;
}

}  // namespace brume::compression::trellis
