#include "brume/selection.hpp"

#include <cmath>

namespace brume {

std::uint64_t SelectionPolicy::devices_asked() const {
  // The product of a round factor and a whole number is a hair off: 100 · 1.1 must give 110, not 111.
  const double exact = static_cast<double>(cohort()) * over_selection();
  return static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12)));
}

std::vector<std::uint64_t> available_ranks(const Ranking& ranking, const Population& population, RankWindow window,
                                           std::uint64_t most) {
  std::vector<std::uint64_t> ranks;
  for (std::uint64_t rank = window.first; rank < window.last && ranks.size() < most; ++rank)
    if (population.available(ranking.device(rank))) ranks.push_back(rank);
  return ranks;
}

}  // namespace brume
