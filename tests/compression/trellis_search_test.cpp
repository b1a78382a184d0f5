#include "compression/trellis_search.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "brume/random.hpp"
#include "tests/compression/sources.hpp"
#include "tests/compression/targets.hpp"

namespace brume::compression::trellis {
namespace {

constexpr float kLambda = 0.1F;
constexpr double kNever = 1e300;

double bits_of(const Rates& rates, std::int32_t symbol) {
  const int size = std::abs(symbol);
  const double more = size - 3;
  if (size <= 3) return static_cast<double>(rates.first[static_cast<std::size_t>(size)]);
  return static_cast<double>(rates.first[3]) + static_cast<double>(rates.linear) * more +
         static_cast<double>(rates.quadratic) * more * more;
}

struct Searched {
  std::vector<float> values;
  RateClasses classes;

  double cost(std::size_t i, std::uint8_t quantiser, std::int32_t symbol) const {
    const double error = static_cast<double>(values[i]) - point(quantiser, symbol);
    const auto& rates = classes.rates[classes.of_group[i / kRateGroup]][quantiser];
    return error * error + static_cast<double>(kLambda) * bits_of(rates, symbol);
  }

  // The cheaper one of zero, if it has that parity, and the symbol of that parity whose point is nearest.
  std::int32_t best(std::size_t i, std::uint8_t quantiser, std::int32_t parity) const {
    const double size = std::fabs(static_cast<double>(values[i]));
    const std::int32_t first = parity == 0 ? 2 : 1;
    const double steps = std::max(0.0, std::nearbyint((size - point(quantiser, first)) / 4));
    std::int32_t symbol = first + 2 * static_cast<std::int32_t>(steps);
    if (std::signbit(values[i])) symbol = -symbol;
    return parity == 0 && cost(i, quantiser, 0) <= cost(i, quantiser, symbol) ? 0 : symbol;
  }

  // Of a path that steps through the trellises as its symbols say.
  double cost(const Path& path) const {
    Walk walk;
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(path.quantisers[i], walk.quantiser_at(i)) << i;
      sum += cost(i, path.quantisers[i], path.symbols[i]);
      walk.step(i, path.symbols[i]);
    }
    return sum;
  }

  // Of the best path, by Viterbi's search for one trellis after the other.
  double least_cost() const {
    double sum = 0;
    for (std::size_t lane = 0; lane < std::min(kLanes, values.size()); ++lane) {
      std::array<double, kStates> costs;
      costs.fill(kNever);
      costs[0] = 0;
      for (std::size_t i = lane; i < values.size(); i += kLanes) {
        std::array<double, kStates> next;
        next.fill(kNever);
        for (std::size_t state = 0; state < kStates; ++state)
          for (std::int32_t parity = 0; parity < 2; ++parity) {
            auto& to = next[kNext[state][static_cast<std::size_t>(parity)]];
            to = std::min(to, costs[state] + cost(i, quantiser(state), best(i, quantiser(state), parity)));
          }
        costs = next;
      }
      sum += *std::min_element(costs.begin(), costs.end());
    }
    return sum;
  }
};

// Layers of different scales, with what is at a limit or the same distance from two points between them.
Searched searched(std::size_t count, std::size_t classes) {
  Searched all{testing::gaussian(count), {}};
  constexpr std::array<float, 8> kAwkward{-0.0F, 0.0F, 30000, -30000, 4, -5, 0.5F, 3};
  for (std::size_t i = 0; i < count; ++i) {
    all.values[i] *= static_cast<float>(1 + i / 100 % 7);
    if (i % 13 == 5) all.values[i] = kAwkward[i / 13 % kAwkward.size()];
  }
  all.classes.rates.resize(classes);
  for (std::size_t one = 0; one < classes; ++one)
    for (std::size_t second = 0; second < 2; ++second) {
      auto& rates = all.classes.rates[one][second];
      for (auto& bits : rates.first) bits += 0.25F * static_cast<float>(one) + static_cast<float>(second) / 8;
      rates.linear = 0.5F + static_cast<float>(one) / 16;
      rates.quadratic = static_cast<float>(one % 2) / 64;
    }
  for (std::size_t group = 0; group * kRateGroup < count; ++group)
    all.classes.of_group.push_back(static_cast<std::uint8_t>(7 * group % classes));
  return all;
}

// Fewer than 64 steps are searched as one. Longer blocks' halves meet in states that the second has chosen alone: that
// costs a few steps of each trellis.
TEST(TrellisSearch, FindsTheBestPathByEveryInstructionSet) {
  constexpr double kToMeet = 8 * 16;
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 62U * 8, 63U * 8, 63U * 8 + 1, 64U * 8, 64U * 8 + 1, 67U * 8,
                                  67U * 8 + 5, 128U * 8, 1500U, 8U * 1024})
    for (const std::size_t classes : {1U, 10U}) {
      const auto all = searched(count, classes);
      Path first;
      testing::by_every_target([&](const char* target) {
        Path path{{1, 2, 3}, {0, 0, 1}};
        search(all.values, all.classes, kLambda, path);
        ASSERT_EQ(path.symbols.size(), count) << target;
        ASSERT_EQ(path.quantisers.size(), count) << target;
        if (first.symbols.empty()) first = path;
        EXPECT_EQ(path.symbols, first.symbols) << target << ' ' << count << ' ' << classes;
        EXPECT_EQ(path.quantisers, first.quantisers) << target << ' ' << count << ' ' << classes;
      });
      const double least = all.least_cost();
      const double found = all.cost(first);
      EXPECT_GE(found, least * (1 - 1e-6)) << count << ' ' << classes;
      EXPECT_LE(found, least * (1 + 1e-6) + (count >= 64 * 8 - 7 ? kToMeet : 0)) << count << ' ' << classes;
    }
}

}  // namespace
}  // namespace brume::compression::trellis
